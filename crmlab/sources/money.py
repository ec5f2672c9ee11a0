"""Amounts as people write them: with a currency, either decimal sign, signs for thousands, in parentheses."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.cells import cleaned, numbers, rows_read, two_ways
from crmlab.frame.errors import counted, listed

CURRENCY = r"(?:[A-Z]{1,3} ?)?[$€£¥₹₽₩₺₪₫฿₴]|[A-Z]{3}|[Kk]r\.?|Kč|zł|Fr\.|Rs\.?|Ft"
AMOUNT = re.compile(
    rf"(?P<before>{CURRENCY})? ?(?P<open>\()?(?P<sign>[+−-])? ?(?P<inside>{CURRENCY})? ?(?P<late>[+−-])?"
    rf"(?P<size>\d[\d.,'’\s]*|[.,]\d+)(?P<tail>[−-])? ?(?P<after>{CURRENCY})?(?P<close>\))?(?P<last>[−-])?")
NO_CENTS = re.compile(r"(?<=\d[.,])(?:-{1,2}|[–—])(?!\d)")  # 8,- is eight and no cents
APART = re.compile(r"\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d*)?")  # blanks and apostrophes between thousands
WHOLE = r"\d{{1,3}}(?:\{0}\d{{3}})+"
SIGNS = ".,"
CURRENCY_NAME = re.compile(r"currency|währung|waehrung|devise|moneda|\bvaluta\b|\bccy\b", re.IGNORECASE)
BEYOND = 0.05  # so many margins above the amount are no gifts
SHARE = re.compile(r"%|\b(pct|per ?cent|prozent|quote|rate|ratio)\b", re.IGNORECASE)


class Amounts(NamedTuple):
    """The column with numbers where it could be read, what is wrong with it, and what was decided."""

    cells: pd.Series
    problems: list[tuple[str, str, str]]
    notes: list[str]
    currency: str = ""


def read(column: pd.Series, decimal: str = "") -> Amounts:
    """The column with its amounts as numbers; what is no amount stays as it is, for the schema to refuse.

    The decimal sign is the one that some amount of the column shows beyond doubt. Where none does, a comma
    or a point before three digits has two readings, unless ``decimal`` says which sign is the decimal one.

    >>> found = read(pd.Series(["$1,234.50", "$1,200", "($12.50)"], name="amount"))
    >>> found.cells.tolist(), found.notes[0]
    ([1234.5, 1200.0, -12.5], "In 'amount' 3 amounts carry the sign '$': sums are told in it.")
    """
    cells = cleaned(column)
    if is_numeric_dtype(cells):
        return Amounts(cells, [], [])
    codes, distinct = pd.factorize(cells.astype(object))
    parts = [AMOUNT.fullmatch(NO_CENTS.sub("", cell)) if isinstance(cell, str) else None for cell in distinct]
    parts = [part if part and _closed(part) else None for part in parts]

    def where(some) -> pd.Series:
        return pd.Series(np.append(np.array(some, bool), False)[codes], index=cells.index)

    money = [_currency(part) for part in parts]
    sizes = [_joined(part["size"]) if part else None for part in parts]
    decimal, problems = _decimal(cells, sizes, where, decimal)
    if len({sign for sign in money if sign}) > 1:
        problems = [_mixed(cells, money, where)] + problems
    values = [_value(*known, decimal) for known in zip(parts, sizes, distinct, strict=True)]
    read_ = pd.Series(np.array([*values, np.nan], dtype=object)[codes], index=cells.index, name=cells.name)
    if problems:
        return Amounts(read_.where(~where([part is not None for part in parts])), problems, [])
    notes = _notes(cells, distinct, parts, values, money, where)
    return Amounts(read_.infer_objects(), [], notes, next(filter(None, money), ""))


def made_amount(frame: pd.DataFrame, columns: dict, decimal: str) -> tuple[pd.DataFrame, list[Amounts]]:
    """The log with an amount made of what the reader mapped: pieces times the price of one, less what was paid back."""
    parts, notes = {}, []
    if "amount" not in frame and {"quantity", "unit_price"} <= set(frame):
        parts = {name: _sized(frame[name], decimal) for name in ("quantity", "unit_price")}
        frame = frame.assign(amount=(parts["quantity"].cells * parts["unit_price"].cells).round(6))
        notes.append("The amount is quantity × unit_price, row by row.")
    if "refunded" in columns.values() and "amount" in frame:
        parts |= {name: _sized(frame[name], decimal) for name in ("amount", "refunded")}
        back = parts["refunded"].cells.abs().fillna(0)
        frame = frame.drop(columns="refunded").assign(amount=(parts["amount"].cells - back).round(6))
        notes.append(f"What was paid back was taken off the amount in {counted(int((back > 0).sum()), 'row')}.")
    return frame, [*parts.values(), Amounts(pd.Series(dtype=float), [], notes)]


def _sized(column: pd.Series, decimal: str) -> Amounts:
    """The column as numbers; what is no number is a problem."""
    found = read(column, decimal)
    sizes = numbers(found.cells)
    text = found.cells.notna() & sizes.isna()
    wrong = [(f"column '{column.name}' holds text.", rows_read(found.cells, text),
              "Write numbers there, or say which words mean missing with missing=[…].")]
    return found._replace(cells=sizes, problems=found.problems or wrong * bool(text.any()))


def in_money(margin: Amounts, amount: Amounts, columns: dict) -> Amounts:
    """The margins, with a problem where they are shares of the amounts and no money."""
    sizes, amounts = numbers(margin.cells), numbers(amount.cells)
    own = next((own for own, name in columns.items() if name == "margin"), "margin")
    marked = margin.cells.map(lambda cell: isinstance(cell, str) and cell.rstrip().endswith("%"))
    within = sizes.dropna().between(-1, 1).all() and (sizes.dropna() % 1 != 0).any() and amounts.abs().median() > 2
    named = bool(SHARE.search(str(own)))
    if not (marked.any() or within or named or _hundredths(sizes, amounts)):
        return margin
    found = rows_read(margin.cells, marked) if marked.any() else (
        f"It is called '{own}'." if named and not within else f"Its numbers run from {sizes.min():g} to {sizes.max():g}.")
    return margin._replace(notes=[], problems=[(
        "column 'margin' looks like a share of the amount, and margins are summed as money.", found,
        f"Write what was left of each amount, as amount × share, or say columns={{'{own}': '-'}} to do without.")])


def currencies(frame: pd.DataFrame, told) -> list[tuple[str, str, str]]:
    """A problem where a column names several currencies of amounts that would be added up; ``told`` are those decided on."""
    for name in frame:
        if not CURRENCY_NAME.search(str(name)) or name in told:
            continue
        words = frame[name].dropna().astype(str).str.strip()
        if words.nunique() > 1 and words.str.fullmatch(r"[A-Za-z]{3}|[$€£¥₹]").all():
            found = {cell: int(rows) for cell, rows in words.value_counts().items()}
            said = [f"'{cell}' in {counted(rows, 'row')}" for cell, rows in found.items()]
            return [(f"column '{name}' names {counted(len(found), 'currency', 'currencies')}, and amounts are added up.",
                     f"It reads {listed(said, quote=False)}.",
                     "Convert all amounts into one currency, or keep one of them, as in "
                     f"count={ {name: [next(iter(found))]} }; if they are converted already, say count={ {name: 'all'} }.")]
    return []


def _hundredths(margins: pd.Series, amounts: pd.Series) -> bool:
    """Whether margins are per cents: none beyond 100, and more than was paid in rows with small amounts."""
    paid = margins.notna() & (amounts > 0)
    above = (margins > amounts)[paid]
    return bool(10 <= margins.median() and margins.abs().max() <= 100 and above.mean() >= BEYOND and amounts[paid].max() > 2 * margins.max())


def _closed(part: re.Match) -> bool:
    """One sign and one currency at most, and both parentheses or none."""
    signs = [part[name] for name in ("sign", "late", "tail", "last") if part[name]]
    return bool(part["open"]) == bool(part["close"]) and len(signs) + bool(part["open"]) <= 1 and (
        sum(bool(part[name]) for name in ("before", "inside", "after")) <= 1)


def _currency(part: re.Match | None) -> str:
    return (part["before"] or part["inside"] or part["after"] or "") if part else ""


def _joined(size: str) -> str | None:
    """The size without blanks and apostrophes between its thousands."""
    size = size.strip()
    if APART.fullmatch(size):
        return re.sub(r"[\s'’]", "", size)
    return None if re.search(r"[\s'’]", size) else size


def _role(size: str | None) -> tuple[str, str]:
    """What the signs of one size say: the decimal sign and that for thousands, where they are beyond doubt."""
    for sign, other in (SIGNS, SIGNS[::-1]) if size else ():
        if re.fullmatch(WHOLE.format(other) + rf"\{sign}\d*", size):
            return sign, other
        if re.fullmatch(WHOLE.format(sign), size) and size.count(sign) > 1:
            return "", sign
        if re.fullmatch(rf"\d*\{sign}\d*", size) and not _doubtful(size, sign):
            return sign, ""
    return "", ""


def _doubtful(size: str, sign: str) -> bool:
    return bool(re.fullmatch(rf"[1-9]\d{{0,2}}\{sign}\d{{3}}", size))


def _decimal(cells: pd.Series, sizes: list, where, decimal: str) -> tuple[str, list]:
    """The decimal sign of the column, and a problem where two signs claim it or none can."""
    roles = [_role(size) for size in sizes]
    claims = {sign: [role[0] == sign or role[1] == other for role in roles]
              for sign, other in (SIGNS, SIGNS[::-1])}
    if all(map(any, claims.values())):
        return "", [_side_by_side(cells, *(where(some) for some in claims.values()))]
    for sign, some in claims.items():
        if any(some) and decimal in ("", sign):
            return sign, []
    for sign in SIGNS if not decimal else "":
        doubt = [bool(size) and _doubtful(size, sign) for size in sizes]
        if any(doubt):
            return "", [two_ways(cells, where(doubt), next(size for size, some in zip(sizes, doubt, strict=True) if some))]
    return decimal or ".", []


def _value(part: re.Match | None, size: str | None, cell, decimal: str):
    """The amount as a number, or the cell itself where it is none."""
    if size is None or not decimal:
        return cell
    thousands = "," if decimal == "." else "."
    if thousands in size and not re.fullmatch(WHOLE.format(thousands) + rf"(?:\{decimal}\d*)?", size):
        return cell
    if size.count(decimal) > 1:
        return cell
    negative = part["open"] or "-" in _minus(part)
    return (-1 if negative else 1) * float(size.replace(thousands, "").replace(decimal, "."))


def _minus(part: re.Match) -> str:
    return "".join(part[name] or "" for name in ("sign", "late", "tail", "last")).replace("−", "-")


def _notes(cells, distinct, parts, values, money, where) -> list[str]:
    kinds = {
        "{} the sign '{}': sums are told in it.": (money, ("carries", "carry")),
        "{} in parentheses or with a minus behind: '{}' was read as {:.15g}.": (
            [bool(part) and isinstance(value, float) and bool(part["open"] or part["tail"] or part["last"])
             for part, value in zip(parts, values, strict=True)],
            ("stands", "stand")),
        "{} a sign for thousands: '{}' was read as {:.15g}.": (
            [bool(part) and isinstance(value, float) and _grouped(part["size"], value)
             for part, value in zip(parts, values, strict=True)], ("has", "have")),
    }
    notes = []
    for said, (some, verbs) in kinds.items():
        count = int(where([bool(one) for one in some]).sum())
        if count:
            spot = next(place for place, one in enumerate(some) if one)
            named = money[spot] if some is money else distinct[spot]
            notes.append(f"In '{cells.name}' {counted(count, 'amount')} "
                         + said.format(verbs[count > 1], named, values[spot]))
    return notes


def _grouped(size: str, value: float) -> bool:
    """Whether signs for thousands stood in the size: it has more of them than a decimal sign explains."""
    marks = re.sub(r"\d", "", size.strip())
    return len(marks) > 1 or (len(marks) == 1 and abs(value) >= 1000 and value == int(value)
                              and bool(re.fullmatch(r"\d{1,3}\D\d{3}", size.strip())))


def _mixed(cells, money, where) -> tuple[str, str, str]:
    first, other = list(dict.fromkeys(sign for sign in money if sign))[:2]
    said = [rows_read(cells, where([sign == one for sign in money])).removesuffix(".")
            for one in (first, other)]
    return (f"column '{cells.name}' mixes currencies.", f"{said[0]}; {said[1][0].lower()}{said[1][1:]}.",
            "Convert all amounts into one currency, or open a file for each.")


def _side_by_side(cells, point: pd.Series, comma: pd.Series) -> tuple[str, str, str]:
    said = [rows_read(cells, some).removesuffix(".") for some in (comma, point)]
    return (f"column '{cells.name}' has decimal commas and decimal points side by side.",
            f"{said[0]}, and {said[1][0].lower()}{said[1][1:]}.", "Write one of the two throughout.")
