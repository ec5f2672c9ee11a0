"""Transaction logs: what dirty rows mean is decided by visible options, counted, and said."""

import re
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from crmlab.frame import dates
from crmlab.frame.cells import rows, rows_read, word
from crmlab.frame.errors import CrmlabError, counted, did_you_mean, listed, unknown
from crmlab.frame.glossary import number
from crmlab.measures import ids, tables
from crmlab.sources import guess, money, states
from crmlab.sources.adapting import in_words, renamed, without_codes
from crmlab.sources.files import Raw

TABLE = "transactions"
REQUIRED = tuple(column.name for column in tables.TRANSACTIONS.columns if column.required)
CHOICES = {"refunds": ("subtract", "drop", "refuse"), "duplicates": ("keep", "drop", "refuse"),
           "incomplete": ("refuse", "drop"), "dates": (None, *dates.ORDERS)}
NEVER = np.iinfo(np.int64).max
MOST_MONEY = 1e15  # from here on a sum is no longer exact to the cent
NO_DAYS = pd.to_datetime(["1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01", "1970-01-01", "1753-01-01",
                          "1601-01-01", "1000-01-01", "0001-01-01"], errors="coerce")
FAR_AWAY = pd.Timedelta(days=5 * 365)
MOST_ROWS = 1000  # row numbers kept of those dropped for one reason


class Decisions(NamedTuple):
    """What is done with rows that have no single meaning; ``open_table`` explains each."""

    refunds: str = "subtract"
    duplicates: str = "keep"
    incomplete: str = "refuse"
    timezone: str | None = None
    until: object = None
    dates: str | None = None
    currency: str = ""
    count: object = None

    def checked(self, table: str) -> "Decisions":
        """The same with ``until`` as a timestamp; refused where a word is unknown or the table is no log."""
        changed = [name for name, value in self._asdict().items() if value != self._field_defaults[name]]
        if changed and table != TABLE:
            verb = "is" if len(changed) == 1 else "are"
            raise CrmlabError(f"open_table: {listed(changed, quote=False)} {verb} for the table {TABLE}.",
                              f"The table here is {table}.", "Leave that out.")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise unknown(f"choice of {name}", getattr(self, name), "crmlab", filter(None, choices))
        if self.timezone is not None:
            _zone(self.timezone)
        return self._replace(until=self.until if self.until is None else _day(self.until), count=states.told(self.count))


def examined(raw: Raw, columns: dict, missing, how: Decisions) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The log as far as it can be typed, and every problem it has."""
    prov = raw.prov | {"table": TABLE, "rows_read": raw.prov["rows_read"] or len(raw.frame)}
    said = list(prov["notes"])
    copies = raw.frame.astype(object).duplicated()  # before any column is left out
    raw = renamed(raw._replace(prov=prov), columns)
    prov = raw.prov
    frame, doubts, damaged = ids.guarded(raw.frame, tables.TRANSACTIONS, missing or [])
    prov["notes"] += doubts
    frame = _without_blank(without_codes(frame, missing or [], prov), prov)
    frame, parts = money.made_amount(frame, columns, raw.decimal)
    lacking = frame[[name for name in (*REQUIRED, "margin") if name in frame]].isna()
    frame, problems = _read(frame, raw, columns, parts, how)
    plan = tables.schema(frame, prov)
    typed, more = plan.read(frame)
    problems = damaged + problems + more
    typed, problems = _that_count(typed, problems, lacking, prov, how)
    copies, lacking = copies[typed.index], lacking.loc[typed.index]
    problems += _impossible(typed, raw.frame)
    problems += _gaps(typed, lacking, raw.frame, how) + _refused(typed, copies, how) + _future(typed, prov, how)
    if not problems:
        typed = _kept(typed, copies, prov, how)
        prov["notes"] += _notes(typed, copies[typed.index])
    prov["notes"] = list(dict.fromkeys([*said, *prov["notes"]]))
    prov |= {"rows_kept": len(typed), "roles": [],
             "meanings": {column.name: column.meaning for column in plan.columns}}
    return tables.stamp(typed.reset_index(drop=True), prov), problems


def _read(frame, raw: Raw, columns: dict, parts: list, how: Decisions) -> tuple[pd.DataFrame, list[CrmlabError]]:
    """The log with its own columns first, days as dates and amounts as numbers where they can be read."""
    prov, problems = raw.prov, []
    own = [column.name for column in tables.TRANSACTIONS.columns if column.name in frame]
    frame = pd.concat([frame[own], in_words(frame.drop(columns=own), [], raw.levels, prov)], axis=1)
    problems += _absent(frame, own)
    found = {name: money.read(frame[name], raw.decimal) for name in ("amount", "margin") if name in own}
    if {"amount", "margin"} <= set(found):
        found["margin"] = money.in_money(found["margin"], found["amount"], columns)
    prov["currency"] = how.currency or next((one.currency for one in (*parts, *found.values()) if one.currency), prov["currency"])
    found |= {"date": dates.read(frame["date"], how.dates, how.timezone)} if "date" in own else {}
    for part in parts:
        problems += [_error(*said) for said in part.problems]
        prov["notes"] += part.notes
    for name in [name for name in own if name in found]:
        cells, wrong, notes = found[name][:3]
        frame[name] = cells
        problems += [_error(*said) for said in wrong]
        prov["notes"] += notes
    return frame, problems


def _that_count(typed: pd.DataFrame, problems: list, lacking: pd.DataFrame, prov: dict, how: Decisions):
    """The rows that count as told; where nobody told and the columns show that not all may, a problem more."""
    for others, reason in states.other_rows(typed, how.count):
        typed = _dropped(typed, others[typed.index], reason, prov)
    if not problems and set(REQUIRED) <= set(typed):
        own = [column.name for column in tables.TRANSACTIONS.columns]
        whole = typed[~lacking.loc[typed.index].any(axis=1)]
        problems = states.untold(whole, how.count, own) + [
            _error(*said) for said in money.currencies(whole, how.count.columns)]
        order = states.lines_of_orders(whole, own)
        if order:
            prov["notes"].append(f"Column '{order}' names {counted(whole[order].nunique(), 'order')} in "
                                 f"{counted(len(whole), 'row')}: the rows of an order are added up.")
    return typed, problems


def _error(wrong: str, found: str, remedy: str) -> CrmlabError:
    return CrmlabError(f"{TABLE}: {wrong}", found, remedy)


def _made(hint: dict) -> str:
    """What becomes of pieces and a price; one that may be of all pieces is not to be taken times them."""
    price = next((own for own, name in hint.items() if name == "unit_price"), "")
    if not price:
        return ""
    doubt = "" if guess.OF_ONE.search(price) else f"; if '{price}' is what all pieces cost together, map it on 'amount' instead"
    return f" The amount is then quantity × unit_price{doubt}."


def _absent(frame: pd.DataFrame, own: list[str]) -> list[CrmlabError]:
    """One problem for all columns that are lacking; its hint names those that are called so and can be so."""
    lacking = [name for name in REQUIRED if name not in frame]
    if not lacking:
        return []
    hint = guess.columns(frame.drop(columns=own), lacking)
    made = _made(hint)
    able = "" if hint else guess.any_for(frame.drop(columns=own), lacking[0])
    remedy = f"Did you mean {listed(hint)}, as in columns={hint}?{made}" if hint else (
        f"Add it, or say which column it is, as in columns={ {able: lacking[0]} }." if able else "Add it to the file: no column can be that.")
    return [_error(f"there is no column {listed(lacking).replace(' and ', ' or ')}.",
                   f"The columns are {listed(frame, 30)}.", remedy)]


def _without_blank(frame: pd.DataFrame, prov: dict) -> pd.DataFrame:
    return _dropped(frame, frame.isna().all(axis=1), "the whole row is empty", prov)


def _dropped(frame: pd.DataFrame, where: pd.Series, reason: str, prov: dict) -> pd.DataFrame:
    """The other rows; those dropped are counted and named."""
    if where.any():
        lost = [int(row) for row in frame.index[where]]
        prov["dropped"].append({"reason": reason, "count": len(lost), "rows": lost[:MOST_ROWS]})
    return frame[~where]


def _gaps(typed: pd.DataFrame, lacking: pd.DataFrame, raw: pd.DataFrame, how: Decisions) -> list[CrmlabError]:
    """Rows without a customer, a date or an amount; one at the foot of the table is mostly a sum."""
    gaps = lacking.any(axis=1)
    if how.incomplete == "drop" or not gaps.any():
        return []
    names = [name for name in lacking if lacking[name].any()]
    wrong = f"{counted(int(gaps.sum()), 'row')} {'lacks' if gaps.sum() == 1 else 'lack'} {_or(names)}."
    foot = lacking.index[-1]
    if gaps.sum() == 1 and gaps[foot] and "customer_id" in names and not lacking.get("amount", gaps)[foot]:
        amounts = typed["amount"]
        sum_ = len(amounts) > 1 and np.isclose(amounts[foot], amounts.iloc[:-1].sum(), atol=0.005, rtol=0)
        return [_error(wrong, f"Row {foot}, the last, has an amount and no customer: it "
                       f"{'is the sum of the rows above' if sum_ else 'may be a sum'}.",
                       "Remove it from the file, or say incomplete='drop' to leave it out.")]
    order = states.continued(typed, lacking)
    if order:
        return [_error(wrong, f"They are further rows of an order in '{order}', whose first row has its total.",
                       "Say incomplete='drop' to leave them out; filled in, they would count the order twice.")]
    found = [f"'{name}' {_silent(raw, name, lacking.index[lacking[name]])} {rows(lacking, lacking[name])}" for name in names]
    without = " map 'margin' to '-' in columns to do without," if "margin" in names else ""
    return [_error(wrong, f"Column {listed(found, quote=False)}.",
                   f"Fill them,{without} or say incomplete='drop' to leave such rows out.")]


def _silent(raw: pd.DataFrame, name: str, lines) -> str:
    """Whether the cells are empty, or hold a word for nothing."""
    cells = raw[name][lines].map(word, na_action="ignore") if name in raw else pd.Series(dtype=object)
    said = cells.where(cells.astype(str).str.strip() != "").dropna()
    if said.empty:
        return "is empty in"
    return f"reads {listed(said.unique())} {'or is empty ' * (len(said) < len(cells))}in"


def _or(names: list[str]) -> str:
    said = [f"a{'n' * (name == 'amount')} {name}" for name in names]
    return listed(said, quote=False).replace(" and ", " or ")


def _refused(typed: pd.DataFrame, copies: pd.Series, how: Decisions) -> list[CrmlabError]:
    problems = []
    refunds = typed.get("amount", pd.Series(dtype=float)).lt(0)
    if how.refunds == "refuse" and refunds.any():
        problems.append(_error(f"{_rows_are(refunds, 'a refund', 'refunds')}.",
                               f"The amount is below 0 in {rows(typed, refunds)}.",
                               "Correct the cells, or say refunds='subtract' or refunds='drop'."))
    if how.duplicates == "refuse" and copies.any():
        problems.append(_error(f"{_rows_are(copies, 'an exact copy', 'exact copies')} of an earlier one.",
                               f"Look at {rows(typed, copies)}.",
                               "Remove them from the file, or say duplicates='drop' or duplicates='keep'."))
    return problems


def _rows_are(where: pd.Series, one: str, more: str) -> str:
    count = int(where.sum())
    return f"{counted(count, 'row')} {'is' if count == 1 else 'are'} {one if count == 1 else more}"


def _future(typed: pd.DataFrame, prov: dict, how: Decisions) -> list[CrmlabError]:
    if "date" not in typed or how.until is not None or prov["simulated"]:
        return []
    today = _today(how.timezone)
    later = typed["date"] > today
    if not later.any():
        return []
    days = typed["date"].dt.strftime("%Y-%m-%d")
    return [_error(f"{_rows_are(later, 'dated', 'dated')} in the future.",
                   f"{rows_read(days, later).removesuffix('.')}, and today is {today:%Y-%m-%d}.",
                   f"Correct the cells, or say until='{today:%Y-%m-%d}' to leave out what is later.")]


def _impossible(typed: pd.DataFrame, raw: pd.DataFrame) -> list[CrmlabError]:
    """Amounts that nobody pays, and days that programs write where they know none."""
    problems = []
    huge = typed.get("amount", pd.Series(dtype=float)).abs() >= MOST_MONEY
    if huge.any():
        problems.append(_error(f"{counted(int(huge.sum()), 'amount has', 'amounts have')} 16 digits and more.",
                               rows_read(typed["amount"].map("{:.4g}".format), huge),
                               "Correct the cells; if all are so large, write them in thousands or millions."))
    days = typed.get("date", pd.Series(dtype="datetime64[us]"))
    void = days.isin(NO_DAYS)
    if void.any() and not void.all() and (days[~void].min() - days[void]).min() > FAR_AWAY:
        words = list(pd.unique(raw["date"][void.index[void]].map(word)))
        problems.append(_error(f"{_rows_are(void, 'dated', 'dated')} long before all others, on a day that stands for none.",
                               f"{rows(typed, void).capitalize()} {'reads' if void.sum() == 1 else 'read'} {listed(words)}.",
                               f"Correct the cells, or say missing={words[:5]} and incomplete='drop' to leave them out."))
    return problems


def _kept(typed: pd.DataFrame, copies: pd.Series, prov: dict, how: Decisions) -> pd.DataFrame:
    """The rows that the decisions leave; each group of others is counted under its reason."""
    gaps = typed[list(REQUIRED)].isna().any(axis=1)
    typed = _dropped(typed, gaps, "customer, date or amount is lacking", prov)
    typed = _dropped(typed, typed["margin"].isna(), "the margin is lacking", prov) if "margin" in typed else typed
    if how.duplicates == "drop":
        typed = _dropped(typed, copies[typed.index], "an exact copy of an earlier row", prov)
    if how.refunds == "drop":
        typed = _dropped(typed, typed["amount"] < 0, "a refund", prov)
    if how.until is not None:
        prov["until"] = f"{how.until:%Y-%m-%d}"
        typed = _dropped(typed, typed["date"] > how.until, f"later than {prov['until']}", prov)
    if typed.empty:
        lost = listed([f"{part['count']:,} ({part['reason']})" for part in prov["dropped"]], quote=False)
        raise _error("no row is left.", f"'{prov['title']}' has {counted(prov['rows_read'], 'row')}"
                     + (f", and all were dropped: {lost}." if lost else "."),
                     "Look at the options and at the file.")
    return typed


def _notes(log: pd.DataFrame, copies: pd.Series) -> list[str]:
    """What the rows that were kept count as, a sentence each; silence where there is nothing to decide."""
    who = pd.factorize(log["customer_id"])[0]
    day = log["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    refund = (log["amount"] < 0).to_numpy()
    first = np.full(who.max() + 1, NEVER)
    np.minimum.at(first, who[~refund], day[~refund])
    early = refund & (day < first[who]) & (first[who] < NEVER)
    further = int(pd.DataFrame({"who": who[~refund], "day": day[~refund]}).duplicated().sum())
    lonely = np.sort(log["date"].unique())[:2]
    never, zero = int((first == NEVER).sum()), int((log["amount"] == 0).sum())
    lost = number(log["amount"][refund].sum())
    said = [
        (refund.any(), f"{_rows_are(refund, 'a refund', 'refunds')}, {lost} in all: a refund lowers the value "
                       "and is no purchase."),
        (never, f"{counted(never, 'customer')} {'has' if never == 1 else 'have'} refunds only, and so no "
                "purchase."),
        (early.any(), f"{_rows_are(early, 'a refund', 'refunds')} from before the customer's first purchase."),
        (copies.any(), f"{_rows_are(copies, 'an exact copy', 'exact copies')} of an earlier one, kept as further "
                       "purchases; duplicates='drop' leaves them out."),
        (further, f"{counted(further, 'row')} {'adds' if further == 1 else 'add'} to a day on which the customer "
                  "had bought already: days are what counts as a purchase."),
        (len(lonely) > 1 and lonely[1] - lonely[0] > 2 * FAR_AWAY,
         f"The first day, {pd.Timestamp(lonely[0]):%Y-%m-%d}, stands more than ten years before the next: is it a slip?"),
        (zero, "1 row has the amount 0 and counts as a purchase." if zero == 1 else
               f"{counted(zero, 'row')} have the amount 0 and count as purchases."),
    ]
    return [sentence for some, sentence in said if some]


def _today(zone: str | None) -> pd.Timestamp:
    return pd.Timestamp.now(tz=zone).tz_localize(None).normalize()


def _day(until) -> pd.Timestamp:
    found = dates.read(pd.Series([word(until)], name="until", dtype=object)).days[0]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", word(until)) or found is pd.NaT:
        raise CrmlabError("open_table: until is one day.", f"Found {until!r}.",
                          "Write it as in until='2024-05-31'.")
    return found


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        remedy = did_you_mean(name, available_timezones()) or "Use a name such as 'Europe/Berlin' or 'UTC'."
        raise CrmlabError(f"There is no time zone '{name}'.", "Zones are called by continent and city.",
                          remedy) from None
