"""Between two periods: who stayed in a class, who moved, and what of it chance alone would have done."""

import textwrap

import numpy as np
import pandas as pd

from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.glossary import number, percent
from crmlab.frame.result import Caption, kind
from crmlab.measures import systems, tables, transitions
from crmlab.portfolio.matrices import Matrix
from crmlab.portfolio.rows import called, plural

FIRST, GONE, SILENT = "first seen", "not seen again", "silent"
LEARN = 6  # crmlab rule: the first sixth of a log is for getting to know the customers; the rest is halved


@kind
class Migration(transitions.Transitions):
    """A row per class before and after; ``customers`` has both classes of each.

    ``means`` says per class before what a customer bought and spent in both periods, and the orders expected
    after if nobody's habit had changed; missing where the frames do not hold orders or value.
    """

    means: pd.DataFrame

    @property
    def _both(self) -> pd.DataFrame:
        return self.customers[(self.customers["before"] != FIRST) & (self.customers["after"] != GONE)]

    @property
    def _word(self) -> str:
        """What a class of these is called."""
        return called({*self.customers["before"], *self.customers["after"]} - {SILENT, FIRST, GONE})

    @property
    def stayed(self) -> float:
        """Share of those seen in both periods that kept their class."""
        return float((self._both["before"] == self._both["after"]).mean()) if len(self._both) else float("nan")

    @property
    def _quiet(self) -> int:
        return int((self._both == SILENT)[["before", "after"]].all(axis=1).sum())

    @property
    def _faithful(self) -> float:
        """Share of those who bought before that kept their class: to be silent twice is no loyalty."""
        bought = self._both[self._both["before"] != SILENT]
        return float((bought["before"] == bought["after"]).mean()) if len(bought) else float("nan")

    def _kept(self) -> pd.DataFrame:
        """Classes of enough customers to speak of, with the share that was there again."""
        kept = self.table[self.table["class"] == self.table["to"]]
        sizes = self.table.groupby("class")["customers"].sum()
        return kept[kept["class"].map(sizes) >= transitions.FEW]

    def text(self) -> str:
        if not len(self._both):
            return "Nobody was seen in both periods, so nothing can be said of movement."
        said = [self._lead()]
        kept = self._kept()
        if len(kept):
            said.append(f"In their {self._word} again: " + ", ".join(
                f"{row[1]} {percent(row.share)} ({percent(row.low)} to {percent(row.high)})" for row in kept.itertuples()) + ".")
        said += [self._ends(), self._chance()]
        if self.steady:
            said.append(f"If every later period were like this one, the {plural(self._word)} would settle at {self._long_run()}. No "
                        "period is quite like the last, so read it as a direction.")
        if len(self._both) < transitions.FEW:
            said.append("So few customers make no rates.")
        return " ".join(part for part in said if part)

    def _lead(self) -> str:
        """Who kept their class, those apart who were silent at both dates."""
        both, quiet = self._both, self._quiet
        if not quiet:
            return f"{percent(self.stayed)} of {counted(len(both), 'customer')} known at both dates kept their {self._word}."
        bought = int((both["before"] != SILENT).sum())
        return (f"Of {counted(bought, 'customer')} who bought in the earlier period {percent(self._faithful)} kept their "
                f"{self._word}; {quiet:,} were silent in both.")

    def _ends(self) -> str:
        new, gone = int((self.customers["before"] == FIRST).sum()), int((self.customers["after"] == GONE).sum())
        if SILENT in self.names:  # who bought no more stands there as silent
            return f"First seen in the later period: {new:,}." if new else ""
        return f"First seen in the later period: {new:,}; not seen again: {gone:,}." if new or gone else ""

    def _chance(self) -> str:
        if "orders_before" not in self.means or not len(self.means):
            return ""
        big = self.means[self.means["customers"] >= transitions.FEW]
        if not len(big):
            return ""
        top, all_ = big.loc[big["orders_before"].idxmax()], self.means.attrs["all"]
        said = (f"A {self._word} named by an extreme of one period falls back in the next by chance alone: {top['class']} bought "
                f"{number(top['orders_before'], 1)} times a customer before and {number(top['orders_after'], 1)} after.")
        if not np.isfinite(top["orders_expected"]):
            return said
        return (f"{said} Had every habit stayed as it was, apart from what the whole base did ({number(all_[0])} to "
                f"{number(all_[1])}), {number(top['orders_expected'], 1)} would be expected.")

    def caption(self) -> Caption:
        kept = self._kept()
        kept = kept[kept["class"] != SILENT]
        best = f"; of “{kept.iloc[0]['class']}”, {percent(kept.iloc[0]['share'])}" if len(kept) else ""
        lead = f"{percent(self._faithful)} of the buyers" if self._quiet else percent(self.stayed)
        return Caption(f"{lead} kept their {self._word}{best}",
                       f"{self.source.get('title', '')} · n = {self.n:,} · % of each row", self._form())

    def draw(self, ax) -> None:
        super().draw(ax)
        names = list(self.matrix.columns)
        wrapped = [textwrap.fill(str(name), max(6, int(70 / len(names))), break_long_words=False) for name in names]
        ax.set_xticklabels(wrapped, fontsize=10 if len(names) < 7 else 8.5)
        lines = max(word.count("\n") for word in wrapped)
        ax.figure.subplots_adjust(bottom=(0.55 + 0.16 * lines) / ax.figure.get_figheight())

    def headline(self) -> dict:
        return {"customers": self.n, "stayed": self.stayed, "first_seen": int((self.customers["before"] == FIRST).sum()),
                "not_seen_again": int((self.customers["after"] == GONE).sum()), "steady": self.steady}


def migration(before, after=None, *, alpha: float = 0.05) -> Migration:
    """How customers moved between the classes of two periods: shares with Wilson's (1927) intervals.

    ``before`` and ``after`` are results of :func:`matrix`, or frames with ``customer_id`` and ``class`` (and
    ``orders`` and ``value`` where known), a row per customer. A log alone is cut by :func:`periods`. A customer
    of one frame only is counted as "first seen" or "not seen again"; the long run leaves both out.

    ``orders_expected`` answers how far a class would fall back if no customer had changed: orders are Poisson
    around habits that differ, so those with x orders are expected at m + (1 − m/s²)(x − m), with mean m and
    variance s² of all (the linear rule of empirical Bayes, Robbins 1956; exact for the NBD of Ehrenberg 1959),
    times what the whole base did.

    Raises CrmlabError for frames without the columns, and customers that stand in one frame twice.

    >>> one = pd.DataFrame({"customer_id": ["a", "b", "c"], "class": ["gold", "iron", "iron"]})
    >>> two = pd.DataFrame({"customer_id": ["a", "b", "d"], "class": ["iron", "iron", "gold"]})
    >>> migration(one, two).matrix.loc["iron"].to_dict()
    {'gold': 0.0, 'iron': 0.5, 'not seen again': 0.5}
    """
    if after is None:
        before, after = periods(before)
    sides, source, dates = [], {}, []
    for side, word in ((before, "before"), (after, "after")):
        frame = side.customers if isinstance(side, Matrix) else side
        source = side.source if isinstance(side, Matrix) else tables.provenance(frame)
        dates.append(source.get("period") or word)
        sides.append(_side(frame, word))
    order = _order(before, after)
    joined = sides[0].add_suffix("_before").join(sides[1].add_suffix("_after"), how="outer")
    customers = pd.DataFrame({"before": joined["class_before"].fillna(FIRST), "after": joined["class_after"].fillna(GONE)})
    names = (*order, FIRST, GONE)
    both = customers[(customers["before"] != FIRST) & (customers["after"] != GONE)]
    return Migration(title="Who moved between the periods",
                     table=transitions.rows(customers["before"], customers["after"], names, alpha), source=source,
                     dates=tuple(dates), customers=customers.rename_axis("customer_id").reset_index(),
                     steady=transitions.steady(both["before"], both["after"], names) if len(both) else {}, n=len(customers),
                     names=names, means=_means(joined, order),
                     settings="Wilson intervals, a row per customer; the long run among those seen in both periods; a class "
                     "that is a share of all can only be entered where somebody leaves it")


def _side(frame: pd.DataFrame, word: str) -> pd.DataFrame:
    missing = [name for name in ("customer_id", "class") if name not in frame.columns]
    if missing:
        raise CrmlabError(f"The classes {word} need 'customer_id' and 'class'.",
                          f"The frame has {listed(frame.columns, 12, quote=False)}.",
                          "Give what crm.portfolio.matrix returned, made from a frame with customer_id.")
    twice = frame.loc[frame["customer_id"].duplicated(), "customer_id"].unique()
    if len(twice):
        raise CrmlabError(f"Some customers have several classes {word}.", f"They are {listed(twice, 3)}.",
                          "Give one row a customer.")
    kept = [name for name in ("orders", "value") if name in frame.columns]
    return frame[["customer_id", *kept]].assign(**{"class": frame["class"].astype(object)}).set_index("customer_id")


def _order(*sides) -> list[str]:
    """The classes in the order of their system, or of a categorical, or of their names."""
    found = []
    for side in sides:
        if isinstance(side, Matrix):
            found += [*side.system.classes, *sorted(side.customers["class"].unique())]
        elif isinstance(side["class"].dtype, pd.CategoricalDtype):
            found += list(side["class"].cat.categories)
        else:
            found += sorted(side["class"].dropna().unique(), key=str)
    return list(dict.fromkeys(found))


def _means(joined: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """What a customer of each class before bought and spent in both periods; who is missing in one counts not."""
    both = joined[joined["class_before"].notna() & joined["class_after"].notna()]
    money = [name for name in joined.columns if name.startswith(("orders_", "value_"))]
    out = both.groupby("class_before")[money].mean().reindex([name for name in order if name in set(both["class_before"])])
    out.insert(0, "customers", both["class_before"].value_counts())
    if {"orders_before", "orders_after"} <= set(money):
        x, y = both["orders_before"].to_numpy(float), both["orders_after"].to_numpy(float)
        expected = pd.Series(_expected(x, y), index=both.index)
        out["orders_expected"] = expected.groupby(both["class_before"]).mean()
        out.attrs["all"] = (float(x.mean()), float(y.mean())) if len(x) else (np.nan, np.nan)
    attrs = out.attrs
    out = out.rename_axis("class").reset_index()
    out.attrs = attrs
    return out


def _expected(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Orders to be expected of each if habits stay and the whole base does what it did; missing if all are alike."""
    if len(x) < 2 or not x.mean():
        return np.full(len(x), np.nan)
    steady = max(0.0, 1 - x.mean() / x.var(ddof=1)) if x.var(ddof=1) else 0.0
    return (x.mean() + steady * (x - x.mean())) * y.mean() / x.mean()


def periods(log: pd.DataFrame, start=None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two equal periods of a log that end with its last day: a row per customer known by then, with its class.

    Whoever bought in the period has a tier of the customer pyramid, by what was spent there; all others who are
    known from before are "silent". ``start`` is the first day of the earlier period; without it the first sixth
    of the log is for getting to know the customers (a crmlab rule). Columns: ``customer_id``, ``class``,
    ``orders`` (days with a purchase), ``value``.

    Raises CrmlabError for a frame that is no log, and for a start that leaves no two periods.
    """
    missing = [name for name in ("customer_id", "date", "amount") if name not in log.columns]
    if missing:
        raise CrmlabError(f"This is no log of purchases: {listed(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
                          f"It has {listed(log.columns, 12, quote=False)}.",
                          "Open one with crm.open_table('transactions', …), or give classes before and after.")
    return tuple(_period(log, *ends) for ends in stretches(log, start))


def stretches(log: pd.DataFrame, start=None) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """First and last day of each of the two periods of :func:`periods`."""
    first, last = log["date"].min(), log["date"].max()
    own = start is not None
    start = pd.Timestamp(start) if own else first + (last - first) // LEARN
    length = ((last - start).days + 1) // 2
    if pd.isna(first) or length < 1 or start < first:
        raise CrmlabError("The log leaves no two periods.",
                          f"It runs from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and the start is {start:%Y-%m-%d}."
                          if pd.notna(first) else "It is empty.", "Choose a start inside it, days before its end." if own
                          else "Open a log of more days.")
    day = pd.Timedelta(days=1)
    middle = last.normalize() + day - length * day
    return [(middle - length * day, middle - day), (middle, last.normalize())]


def _period(log: pd.DataFrame, first, last) -> pd.DataFrame:
    seen = log[log["date"] < last + pd.Timedelta(days=1)]
    known = pd.unique(seen.loc[seen["amount"] >= 0, "customer_id"])
    inside = seen[seen["date"] >= first]
    bought = inside[inside["amount"] >= 0]
    days = bought.assign(date=bought["date"].dt.normalize()).drop_duplicates(["customer_id", "date"])
    found = pd.DataFrame({"customer_id": known})
    found["orders"] = found["customer_id"].map(days["customer_id"].value_counts()).fillna(0).astype(int)
    found["value"] = found["customer_id"].map(inside.groupby("customer_id")["amount"].sum()).fillna(0.0)
    active, tiers = found["orders"] > 0, systems.entry("customer_pyramid").classes
    classes = np.full(len(found), SILENT, dtype=object)
    if active.any():
        spent = found.loc[active, ["value"]].rename(columns={"value": "profit"})
        alike = spent["profit"].nunique() < 2  # who all spent the same are the many
        classes[active] = "iron" if alike else systems.classify(spent, "customer_pyramid").customers["class"]
    found["class"] = pd.Categorical(classes, [*tiers, SILENT])
    return tables.stamp(found, {**tables.provenance(log), "period": f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"})
