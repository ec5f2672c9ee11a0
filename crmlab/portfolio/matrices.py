"""Portfolio matrices: a few classes of customers by explicit cuts, what each is worth, and what it did next."""

import numpy as np
import pandas as pd

from crmlab.frame import stats
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import money, percent
from crmlab.frame.result import Caption, LeftOut, Result, kind
from crmlab.measures import systems, tables
from crmlab.measures.systems.applying import NOT_KNOWN, Classified, changed
from crmlab.measures.systems.inputs import Undivided, looked_at, roles
from crmlab.portfolio.pictures import form_of, pyramid, quadrants
from crmlab.portfolio.rows import called

WORTH = ("value", "profit", "actual_value")  # columns of money, the first of them that the frame has
TENTH = 0.1  # crmlab rule: where the next score is a cent away, a cut is also tried a tenth lower and higher


@kind
class Matrix(Classified):
    """A row per class: customers, share with interval, share of the value, and what the class did later.

    ``customers`` has the class of each row and the rule that gave it; ``values`` the numbers the rule saw;
    ``tenth`` the share that changes class, by column, when its cut moves by a tenth of its value.
    """

    values: pd.DataFrame
    tenth: dict
    worth: str
    next_: dict

    @property
    def n(self) -> int:
        return int(self.table.loc[self.table["class"] != NOT_KNOWN, "customers"].sum())

    @property
    def known(self) -> pd.DataFrame:
        """The rows of the table that are classes."""
        return self.table[self.table["class"] != NOT_KNOWN]

    def text(self) -> str:
        first = "; ".join(f"{percent(row.share)} {row[1]}{self._of_value(row)}" for row in self.known.itertuples())
        parts = (f"{self.system.name}, {counted(self.n, self.system.unit)}: {first}.", self._cut(), self._unknown(),
                 self._next(), self._trust())
        return " ".join(part for part in parts if part)

    @property
    def money(self) -> str:
        """What the shares of value are shares of: the value, or the margin where the log knows it."""
        return self.source.get("axes", {}).get(self.worth, {}).get("money", "value")

    def _of_value(self, row) -> str:
        return f" with {signed(row.value_share)} of the {self.money}" if self._valued else ""

    @property
    def _valued(self) -> bool:
        return bool(self.worth) and self.known["value_share"].notna().all()

    def _cut(self) -> str:
        if not self.moves:
            return ""
        worst = max(self.moves, key=self.moves.get)
        said = f"One step of the cut of {self._axis(worst)} moves {percent(self.moved)} to another {called(self.system.classes)}"
        if self.tenth:
            far = max(self.tenth, key=self.tenth.get)
            said += f"; a tenth more or less{'' if far == worst else f' on that of {self._axis(far)}'}, {percent(self.tenth[far])}"
        return f"{said}. Where to cut is a crmlab rule; the source does not decide it."

    def _axis(self, name: str) -> str:
        """What the column holds: with a stand-in, the stand-in."""
        return self.source.get("axes", {}).get(name, {}).get("label", name.replace("_", " "))

    def _next(self) -> str:
        if not self.next_:
            return ""
        did = "; ".join(f"{row[1]} {percent(share[0])} ({percent(share[1])} to {percent(share[2])}), {money(row.later_mean, self.source)}"
                        for row in self.known.itertuples() if (share := self.next_.get(row[1])) is not None)
        return f"What they did next, as share that bought (interval) and mean spent: {did}."

    def caption(self) -> Caption:
        if not self._valued:
            return super().caption()
        best = self.known.loc[self.known["value_share"].idxmax()]
        unit = f"{self.system.unit}s"
        rows = ", ".join(f"{row[1]} {percent(row.share)} of the {unit} and {signed(row.value_share)} of the {self.money}"
                         for row in self.known.itertuples())
        return Caption(f"“{best['class'].capitalize()}”: {percent(best['share'])} of the {unit}, "
                       f"{signed(best['value_share'])} of the {self.money}",
                       f"{self.system.name} · {self.source.get('title', '')} · n = {self.n:,}; the cuts are crmlab rules",
                       f"Classes: {rows}")

    @property
    def _form(self) -> str:
        return form_of(self.system)

    @property
    def size(self):
        return {"quadrants": (7.2, 5.4), "pyramid": (7.2, 4.4)}.get(self._form) or super().size

    def draw(self, ax) -> None:
        drawn = {"quadrants": quadrants, "pyramid": pyramid}.get(self._form)
        drawn(ax, self) if drawn else super().draw(ax)

    def headline(self) -> dict:
        value = {"value_shares": dict(zip(self.known["class"], self.known["value_share"], strict=True))} if self._valued else {}
        later = {"bought_later": dict(zip(self.known["class"], self.known["bought_later"], strict=True))} if self.next_ else {}
        tenth = {"moved_by_a_tenth": max(self.tenth.values())} if self.tenth else {}
        return {**super().headline(), **tenth, **value, **later}


def signed(share: float) -> str:
    """
    >>> signed(-0.031), signed(0.5)
    ('−3 %', '50 %')
    """
    return percent(share).replace("-", "−")


def matrix(frame: pd.DataFrame, system: str, *, cuts: dict | None = None, later: pd.DataFrame | None = None,
           alpha: float = 0.05) -> Result:
    """Customers sorted by one of the register's systems, as the textbooks print it, with what each class holds.

    ``system`` is a key of ``crm.systems.systems()``, such as "reinartz_kumar", "customer_pyramid", "shapiro",
    "fiocca", "dick_basu" or "johnson_selnes"; the frame has the columns it asks for, a row per customer. From a
    log, :func:`accounts` makes them. ``cuts`` moves the cuts, as in :func:`crm.systems.classify`.

    A row of the table is a class: ``customers``, ``share`` with Wilson's (1927) interval, and ``value_share``,
    its share of the sum of the first column of money (value, profit, actual_value). ``later`` is a frame with
    ``customer_id``, ``later_orders`` and ``later_value``: it adds ``bought_later``, the share that bought
    afterwards, and ``later_mean``, what each spent, so that the names can be held against what came.

    Raises CrmlabError for unknown systems and cuts, missing columns, and customers that ``later`` does not know. Where
    all customers are alike in a column, so that no cut divides them, the step is left out.

    >>> frame = pd.DataFrame({"profit": [900.0, 800, -50, 10], "duration": [40.0, 2, 30, 1]})
    >>> matrix(frame, "reinartz_kumar").table[["class", "customers"]].values.tolist()
    [['true friend', 1], ['butterfly', 1], ['barnacle', 1], ['stranger', 1]]
    """
    try:
        found = systems.classify(frame, system, cuts=cuts, alpha=alpha)
    except Undivided as alike:
        if cuts:
            raise
        return LeftOut(title=systems.entry(system).name, table=pd.DataFrame(), source=tables.provenance(frame),
                       reason=f"{alike.wrong[0].lower()}{alike.wrong[1:-1]}; {alike.found[0].lower()}{alike.found[1:-1]}")
    values = looked_at(frame, found.system)
    whole = values.notna().all(axis=1).to_numpy()
    cluster, weight, counts = roles(frame, whole)
    worth = next((name for name in WORTH if name in frame.columns), "")
    table = found.table.rename(columns={"rows": "customers"})
    if worth:
        money = pd.to_numeric(frame[worth], errors="coerce").to_numpy(float)
        table["value_share"] = _value_shares(table["class"], found.customers["class"].to_numpy(), money, counts, weight)
    next_ = {}
    if later is not None:
        table, next_ = _followed(table, found, frame, later, cluster, weight, counts, 1 - alpha)
    return Matrix(title=found.title, table=table, source=found.source, settings=found.settings, system=found.system,
                  cuts=found.cuts, customers=found.customers, moves=found.moves, values=values, worth=worth, next_=next_,
                  tenth=_by_a_tenth(values[counts], found, weight))


def _value_shares(names, classes, money, counts, weight) -> list[float]:
    """Share of each class in the sum of money; missing where the sum is not above 0."""
    worth = np.where(np.isnan(money[counts]), 0, money[counts]) * (1 if weight is None else weight)
    total = worth.sum()
    return [np.nan if name == NOT_KNOWN or total <= 0 else float(worth[classes[counts] == name].sum() / total)
            for name in names]


def _by_a_tenth(values: pd.DataFrame, found: Classified, weight) -> dict[str, float]:
    """Per column of money, days or counts, the largest share that moves with a cut a tenth lower or higher."""
    at = {name: dict(zip(spec, np.atleast_1d(found.cuts[name]), strict=True)) for name, spec in found.system.cuts.items()}
    scales, out = found.source.get("scales", {}), {}
    for name, spec in at.items():
        if set(found.system.parts(name)) & {*scales, *found.system.limits}:
            continue  # on a scale of answers the next score says it all
        others = [{**spec, key: cut * (1 + step)} for key, cut in spec.items() for step in (-TENTH, TENTH)]
        moved = [changed(values, found.system, at, {name: other}, weight) for other in others
                 if list(other.values()) == sorted(other.values())]
        out[name] = max(moved, default=0.0)
    return out


def _followed(table, found: Classified, frame, later: pd.DataFrame, cluster, weight, counts, level: float):
    """What each class did afterwards: the share that bought, with interval, and the mean spent."""
    orders, spent = _later(frame, later)
    classes, next_ = found.customers["class"].to_numpy()[counts], {}
    for name in found.system.classes:
        mine = classes == name
        if mine.any():
            roles_ = (None if role is None else role[mine] for role in (cluster, weight))
            next_[name] = stats.share_interval(orders[counts][mine] > 0, *roles_, level)
    mean = {name: float(np.average(spent[counts][classes == name], weights=None if weight is None else weight[classes == name]))
            for name in next_}
    blank = stats.Interval(np.nan, np.nan, np.nan)
    return table.assign(bought_later=[next_.get(name, blank).estimate for name in table["class"]],
                        later_mean=[mean.get(name, np.nan) for name in table["class"]]), next_


def _later(frame: pd.DataFrame, later: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    needed = ("customer_id", "later_orders", "later_value")
    missing = [name for name in needed if name not in later.columns]
    if missing or "customer_id" not in frame.columns:
        raise CrmlabError(f"What came later needs {listed(needed)}, and the frame 'customer_id'.",
                          f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing." if missing
                          else "The frame has no 'customer_id'.",
                          "Make it with crm.measures.purchases.later(summary, log, after=…).")
    twice = later.loc[later["customer_id"].duplicated(), "customer_id"].unique()
    if len(twice):
        raise CrmlabError("Some customers stand in what came later more than once.", f"They are {listed(twice, 3)}.",
                          "Give one row a customer, with orders and spending summed.")
    by = later.set_index("customer_id")
    unknown = frame.loc[~frame["customer_id"].isin(by.index), "customer_id"]
    if len(unknown):
        raise CrmlabError("Of some customers it is not known what they did later.",
                          f"{counted(len(unknown), 'customer')} {'is' if len(unknown) == 1 else 'are'} not in it, "
                          f"such as {listed(unknown, 3)}.",
                          "Who bought nothing later stands there with 0 orders; make it from the same summary.")
    rows = by.loc[frame["customer_id"]]
    return rows["later_orders"].to_numpy(float), rows["later_value"].to_numpy(float)

