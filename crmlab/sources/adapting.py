"""From the words of a file to crmlab's: columns renamed, codes for missing removed, labels written out."""

import re
from difflib import SequenceMatcher

import pandas as pd

from crmlab.frame import dates, replies
from crmlab.frame.cells import GROUPED, cleaned, each, number, numbers, word
from crmlab.frame.errors import CrmlabError, counted, listed, unknown
from crmlab.measures import tables
from crmlab.sources import labels
from crmlab.sources.files import Raw

NEAR = 0.85  # crmlab rule: names as like as this differ by a slip
ID_LIKE = re.compile(r"(id|nr|no|num|nummer|number|key|code)[\W_]*$|^(id|nr|no)[\W_]", re.IGNORECASE)


#: Names of what is counted or measured, and no answer to a question.
NO_ANSWER = re.compile(
    r"\b(age|alter|year|jahr|month|amount|betrag|umsatz|revenue|income|price|preis|quantity|menge|count|anzahl|prob\w*|"
    r"percent\w*|zip|plz|progress|duration|finished|status)\b|%", re.IGNORECASE)
ORDERED = re.compile(r"order|bought|purchas|bestell|k[aä]uf|pedido|commande|frequency", re.IGNORECASE)


def mapping(columns: dict | None) -> dict[str, str]:
    """The mapping of columns as text; anything else than one is refused."""
    if columns is None or columns == "":
        return {}
    if not isinstance(columns, dict) or not all(isinstance(name, str) and name for name in columns.values()):
        raise CrmlabError("open_table: columns maps your names of columns on ours.", f"Found {columns!r}.",
                          "Write it as in columns={'Z1': 'satisfaction_1', 'remarks': '-'}; '-' leaves a column out.")
    return {str(own): name for own, name in columns.items()}


def renamed(raw: Raw, columns: dict[str, str]) -> Raw:
    """The raw table under crmlab's names, without the columns mapped to ``-``, its constructs found."""
    _refuse(columns, list(raw.frame))
    names = {own: columns.get(own, own) for own in raw.frame if columns.get(own) != "-"}
    out = [own for own in raw.frame if own not in names]
    frame = raw.frame[list(names)].set_axis(list(names.values()), axis=1)
    prov = raw.prov
    prov["meanings"] = {names[own]: said for own, said in prov["meanings"].items() if own in names}
    prov["constructs"] = _constructs(prov["constructs"], {**names, **dict.fromkeys(out)}, frame)
    for own, name in names.items():
        if own != name:
            prov["meanings"].setdefault(name, f"{tables.meaning(name, prov['table'])} (your column '{own}')")
    if out:
        prov["notes"].append(f"Left out as asked: {listed(out, 30)}.")
    prov["notes"] += _unknown(columns, list(raw.frame))
    if prov["moderator"] not in [*prov["constructs"], *frame]:
        prov["moderator"] = None
    return raw._replace(frame=frame, prov=prov, called={name: own for own, name in names.items()}, levels={
        names[own]: levels for own, levels in raw.levels.items() if own in names})


def _refuse(columns: dict, own_names: list[str]) -> None:
    """A mapping that does not fit the file, or that puts two columns on one name."""
    for own, name in columns.items():
        if own not in own_names:
            raise unknown("column", own, "The table", own_names)
        if tables.near_construct(name):
            raise CrmlabError(f"columns: '{name}' is no item that crmlab knows.", f"'{own}' is mapped on it.",
                              tables.near_construct(name))
        if name in tables.CONSTRUCTS and name not in tables.NAMES:
            raise CrmlabError(f"columns: '{name}' needs a number, since it may take several questions.",
                              f"'{own}' is mapped on it.", f"Say '{name}_1', and '{name}_2' for the next one.")
        if name not in own_names and _nearly(name):
            raise CrmlabError(f"columns: crmlab knows no column '{name}'.", f"'{own}' is mapped on it.",
                              f"Did you mean '{_nearly(name)}'?")
    targets = {}
    for own in own_names:
        targets.setdefault(columns.get(own, own), []).append(own)
    for name, owns in targets.items():
        if name != "-" and len(owns) > 1:
            raise CrmlabError(f"columns: more than one column would be called '{name}'.",
                              f"They are {listed(owns)}.",
                              "Give each a name of its own, or map one to '-' to leave it out.")


def _nearly(name: str) -> str:
    """The column of crmlab's that a name is but for a slip or an ending, or nothing.

    >>> [_nearly(name) for name in ("order", "days_since", "orders", "contract")]
    ['orders', 'days_since_last', '', '']
    """
    def like(known: str) -> float:
        short, long = sorted((name.casefold(), known), key=len)
        return 1.0 if len(short) > 4 and long.startswith(short) else SequenceMatcher(None, short, long).ratio()

    best = max(tables.NAMES, key=like)
    known = name in tables.NAMES or tables.ITEM.fullmatch(name)
    return best if not known and like(best) >= NEAR else ""


def _unknown(columns: dict, own_names: list[str]) -> list[str]:
    """A note where a column got a new name that says nothing to crmlab."""
    new = [name for own, name in columns.items() if name not in ("-", own, *own_names, *tables.NAMES)
           and not tables.ITEM.fullmatch(name)]
    return [f"crmlab looks for no column {listed(new)}: kept as it is."] if new else []


def _constructs(given: dict, names: dict, frame: pd.DataFrame) -> dict:
    """The source's constructs as far as their columns kept their names, and those found in the new names."""
    constructs = {}
    for name, spec in given.items():
        items = [item for item in spec["items"] if names.get(item) == item]
        if items:
            turned = [item for item in spec["reversed"] if item in items]
            constructs[name] = {**spec, "items": items, "reversed": turned}
    for name, spec in tables.constructs_in(frame).items():
        known = constructs.setdefault(name, {**spec, "items": [], "reversed": []})
        for part in ("items", "reversed"):
            known[part] += [item for item in spec[part] if item not in known[part]]
    return constructs


def misspelt(frame: pd.DataFrame, table: str) -> list[CrmlabError]:
    """A problem for each column whose name is an item's but for a slip: no score would use it, or two would be one."""
    problems, met = [], {}
    for name in frame:
        near = tables.near_construct(name) if _slip(name) else ""
        meant = near.split("'")[1] if near else name
        match = tables.ITEM.fullmatch(meant)
        same = met.setdefault((match[1], int(match[2])), name) if match else name
        if same != name:
            problems.append(CrmlabError(f"{table}: columns '{same}' and '{name}' are one question by their names.",
                                        "A score would count it twice, or miss that one of them was turned.",
                                        f"Map one of them to '-' in columns, as in columns={ {name: '-'} }, or give it a "
                                        "number of its own."))
        elif near:
            problems.append(CrmlabError(
                f"{table}: column '{name}' is no item that crmlab knows.",
                "No score would use it; if it is something else, map it to a name without a number.",
                f"Say columns={ {name: meant} }." if tables.meant(name) and meant != name.casefold() else near))
    return problems


def _slip(name: str) -> bool:
    """
    >>> [name for name in ("satisfacton_2", "Trust_1", "trust1", "value_added_2", "trust_1") if _slip(name)]
    ['satisfacton_2', 'Trust_1', 'trust1']
    """
    near = tables.near_construct(name)
    if not near or tables.meant(name):
        return bool(near)
    said, meant = (re.sub(r"_\d+(_r)?$", "", word.casefold()) for word in (name, near.split("'")[1]))
    alike = said[0] == meant[0] and abs(len(said) - len(meant)) <= 2
    return alike and SequenceMatcher(None, said, meant).ratio() >= NEAR


def nearest_item(frame: pd.DataFrame) -> tuple[str, str] | None:
    """The column most likely meant as an item, and that item; never one that only tells the rows apart.

    >>> nearest_item(pd.DataFrame({"CustNo": [1, 1], "Z1": [2, 2], "Loy1": [3, 3]}))
    ('Loy1', 'loyalty_1')
    """
    free = [name for name in frame if name not in tables.MEANINGS and not _tells_rows_apart(frame[name])
            and not NO_ANSWER.search(name) and replies.scalable(frame[name])]
    pairs = [(name, construct) for name in free for construct in tables.CONSTRUCTS]
    like, own, construct = max(((_likeness(*pair), *pair) for pair in pairs), key=lambda one: one[0],
                               default=(0, None, None))
    if not like:
        return (free[0], "satisfaction_1") if free else None
    return own, f"{construct}_1"


def orders_in(frame: pd.DataFrame) -> str:
    """The column that most likely counts orders, by its name or as the first of whole numbers; or nothing.

    >>> orders_in(pd.DataFrame({"cust": [1, 2], "recency": [5, 9], "bought": [2, 1]}))
    'bought'
    """
    free = [name for name in frame if not ID_LIKE.search(name) and numbers(frame[name]).notna().any()]
    return next((name for name in free if ORDERED.search(name)), free[0] if free else "")


def odd_counts(frame: pd.DataFrame) -> list[str]:
    """Notes on relations whose numbers can be read and yet hardly mean what their column says."""
    notes = []
    for name in ("orders", "referrals", "joint"):
        broken = numbers(frame[name]) % 1 > 0 if name in frame else pd.Series(dtype=bool)
        if broken.any():
            row = broken.idxmax()
            notes.append(f"In '{name}' {counted(int(broken.sum()), 'number')} {'is' if broken.sum() == 1 else 'are'} not whole "
                         f"(row {row} reads {word(frame[name][row])}), and it should count: is it money, or a mean?")
    highest = numbers(frame["recommend"]).max() if "recommend" in frame else 10
    if highest < 9:
        notes.append(f"The highest answer in 'recommend' is {highest:g}, on a scale from 0 to 10 where 9 makes an ambassador: "
                     "if another scale was used, nobody can become one here.")
    return notes


def dated(frame: pd.DataFrame) -> str:
    """The first column that holds days of the calendar, or nothing.

    >>> dated(pd.DataFrame({"sum": ["20240101.5"], "day": ["2024-01-31"]}))
    'day'
    """
    filled = {name: cleaned(frame[name]).dropna().astype(str).head(20) for name in frame if name != "wave"}
    def day(cell: str) -> bool:
        return bool(dates.DATE.fullmatch(dates.numbered(cell)) and not cell.isdigit())

    return next((name for name, cells in filled.items() if len(cells) and cells.map(day).all()), "")


def _tells_rows_apart(cells: pd.Series) -> bool:
    return bool(ID_LIKE.search(cells.name)) or cells.nunique() == len(cells)


def _likeness(name: str, construct: str) -> float:
    """From 0 to 1; an abbreviation is like the whole word."""
    word = re.sub(r"[\W\d_]+", "", name).casefold()
    if len(word) > 2 and construct.startswith(word[:4]):
        return 1
    like = SequenceMatcher(None, word, construct).ratio()
    return like if like > 0.6 and word[:1] == construct[0] else 0


def without_codes(frame: pd.DataFrame, missing: list, prov: dict) -> pd.DataFrame:
    """The frame with the given codes and words as missing, counted per column in the notes."""
    codes = {_key(code): code for code in ([missing] if isinstance(missing, str | int | float) else missing)}
    cells, met = {name: cleaned(frame[name]) for name in frame}, set()
    log = prov["table"] == "transactions"  # in which a code may also stand for a customer nobody knows
    noun = "cell" if log else "answer"
    for name, column in cells.items():
        if not codes or name == "customer_id" and not log:
            continue
        keys = each(column, _key, object)
        gone = keys.isin(codes)
        if gone.any():
            met.update(keys[gone])
            words = listed(map(word, column[gone].unique()))
            prov["notes"].append(f"In '{name}' {counted(int(gone.sum()), noun)} read {words}: missing.")
            cells[name] = column.astype(object).where(~gone).infer_objects()
    stray = [code for key, code in codes.items() if key not in met]
    if stray:
        prov["notes"].append(f"No cell reads {listed(stray)}, named as missing.")
    return pd.DataFrame(cells, index=frame.index)


def _key(cell) -> float | str:
    """-99, -99.0 and '-99' are one code."""
    size = number(cell)
    return size if size == size else word(cell).strip()


def thousands(frame: pd.DataFrame) -> list[str]:
    """A note for each column whose numbers carry a sign for thousands beside the decimal one."""
    notes = []
    for name in frame:
        words = cleaned(frame[name])
        marked = [cell for cell in words if isinstance(cell, str) and GROUPED.fullmatch(cell)]
        if marked:
            verb, first = "has" if len(marked) == 1 else "have", marked[0]
            notes.append(f"In '{name}' {counted(len(marked), 'number')} {verb} a sign for thousands: "
                         f"'{first}' was read as {number(first):.15g}.")
    return notes


def in_words(frame: pd.DataFrame, items: list[str], levels: dict, prov: dict) -> pd.DataFrame:
    """The frame with labelled codes as their labels; a column that is almost numbers gets a note."""
    frame, levels = labels.without(frame, levels, {}, prov)
    typed = frame.copy()
    levels = {name: said for name, said in levels.items() if name in frame and frame[name].dropna().isin(said).all()}
    for name in frame.columns.difference([*items, *tables.MEANINGS], sort=False):
        if name not in levels:
            prov["notes"] += _almost_numbers(frame[name])
    sized = {column.name for column in tables.TABLES[prov["table"]].columns if column.kind != "category"}
    for name in set(levels) - {*items, *sized}:
        typed[name] = _labelled(frame[name], levels[name])
    return typed


def _labelled(column: pd.Series, said: dict) -> pd.Series:
    words = each(column, lambda cell: said.get(cell, word(cell)), object)
    met = set(words.dropna())
    known = [label for label in dict.fromkeys(said.values()) if label in met]
    return words.astype(pd.CategoricalDtype([*known, *sorted(met - set(known))]))


def _almost_numbers(column: pd.Series) -> list[str]:
    sizes = numbers(column)
    words = [word(cell) for cell in column[column.notna() & sizes.isna()].unique()]
    coded = all(len(re.findall(r"\d", one)) > 3 for one in words)  # numbers of invoices, which are no words
    if not words or coded or sizes.notna().sum() < column.notna().sum() / 2:
        return []
    return [f"Column '{column.name}' holds numbers and also {listed(words)}, so it was kept as words; "
            f"if these mean no answer, say missing={words[:5]}."]
