"""The canonical tables, the words for constructs, and the provenance that travels with every frame."""

import copy
import re
from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.cells import numbers, rows_read
from crmlab.frame.errors import CrmlabError, did_you_mean, listed, unknown
from crmlab.frame.replies import scalable
from crmlab.frame.schema import Column, Schema

#: What the items of a survey can measure.
CONSTRUCTS = {
    "satisfaction": "how content the customer is, all in all",
    "loyalty": "how far the customer means to stay, to choose again and to speak well",
    "expectation": "what the customer expected beforehand",
    "quality": "how good the customer finds what is delivered",
    "value": "what the customer gets for the price, time and trouble",
    "image": "how the customer sees the firm",
    "complaints": "how well complaints are handled, or would be",
    "trust": "whether the customer relies on the firm's word and skill",
    "commitment": "whether the customer wants the relation to last",
    "intention": "what the customer means to do next",
    "switching": "what a change to another firm would cost the customer",
    "recommend": "how likely the customer is to recommend the firm",
    "effort": "how much trouble the customer had",
    "fairness": "how fair the customer finds outcome and treatment",
    "communication": "how well and how early the customer is told",
    "involvement": "how much the subject matters to the customer",
    "mutual": "whether both sides put effort into the relation",
    "cooperation": "whether both look for the best for both, or play each other off",
    "balance": "whether both sides decide, or one alone",
    "interdependence": "how far both sides need each other",
    "own_dependence": "how hard it would be for us to do without them",
    "their_dependence": "how hard it would be for them to do without us",
    "social": "whether both know each other as people, or only talk business",
    "informal": "whether contact is easy, or goes by rules and forms",
    "liking": "whether the people like each other",
    "respect": "whether the people respect each other",
    "roles": "whether the people meet in their roles only",
    "etiquette": "whether polite form governs the contact",
    "short_term": "whether it ends with the matter in hand",
    "given": "how much the side that answers does for the other",
    "received": "how much the other side does for the one that answers",
}
ITEM = re.compile(rf"({'|'.join(CONSTRUCTS)})_(\d+)(_r)?")
TURNED = r"[\W_]*(?:r|rev|reversed?|inv|inverted|neg|umgepolt)"
SPELT = re.compile(rf"(?P<construct>{'|'.join(CONSTRUCTS)})(?P<turned>{TURNED})?[\W_]*(?:s?q|item)?[\W_]*"
                   rf"(?P<number>\d{{1,3}})(?P<after>{TURNED})?\W*",
                   re.IGNORECASE)
ITEM_LIKE = re.compile(r"([^\W\d]+)_\d+(_r)?")

SURVEY = Schema("survey", (
    Column("customer_id", "id", "who answered", required=True),
    Column("cluster", "category", "the branch, account or sales person the customer belongs to"),
    Column("weight", "number", "how many customers the row stands for", low=0),
    Column("wave", "category", "when the question was asked"),
    Column("behaviour", "number", "what the customer did later: an amount, or 0 and 1", low=0),
))
DYADS = Schema("dyads", (
    *SURVEY.columns,
    Column("orders", "number", "orders so far; 0 for somebody who has not bought", low=0),
    Column("days_since_last", "number", "days since the last order", low=0),
    Column("recommend", "number", "how likely to recommend, 0 to 10", low=0, high=10),
    Column("referrals", "number", "customers brought along in the last 12 months", low=0),
    Column("joint", "number", "joint activities in the last 12 months: development, reference, council", low=0),
))
TRANSACTIONS = Schema("transactions", (
    Column("customer_id", "id", "who bought", required=True),
    Column("date", "date", "the day", required=True),
    Column("amount", "number", "what was paid; below 0 for a refund", required=True),
    Column("margin", "number", "what of the amount was left after the direct costs"),
))
ASSESSMENTS = Schema("assessments", (
    Column("firm", "id", "the firm that is assessed"),
    Column("rater", "id", "who filled in the form"),
    Column("wave", "category", "the year of the assessment"),
    Column("practice", "id", "the practice, by its key in the model", required=True),
    Column("intention", "number", "how far it is meant: 0 not at all to 4 bought into by all concerned", low=0, high=4,
           required=True),
    Column("reality", "number", "how far it is done: 0 not at all to 4 in place, evidenced and reviewed", low=0, high=4,
           required=True),
    Column("applicable", "number", "whether the practice applies to the firm: 1 yes, 0 no", low=0, high=1),
    Column("evidence", "text", "what shows that it is done"),
    Column("importance", "number", "how much it matters to the firm, 0 to 3", low=0, high=3),
    Column("effort", "number", "what it would cost to do more of it, 1 little to 3 much", low=1, high=3),
    Column("arm", "category", "which telling of the case the rater read"),
    Column("sector", "category", "the trade of the firm"),
    Column("performance", "number", "how well the firm does, in the unit of the source"),
))
#: What the amount of a log may be made of, where its columns are mapped on these.
PARTS = {
    "quantity": "how many pieces, where no column is the amount: it is then quantity × unit_price",
    "unit_price": "the price of one piece",
    "refunded": "what of the amount was paid back later: it is taken off",
}
TABLES = {schema.table: schema for schema in (SURVEY, DYADS, TRANSACTIONS, ASSESSMENTS)}
MEANINGS = {column.name: column.meaning for schema in (SURVEY, DYADS) for column in schema.columns}
NAMES = tuple(dict.fromkeys([*(column.name for schema in TABLES.values() for column in schema.columns), *PARTS]))
ROLES = ("cluster", "weight", "wave", "behaviour")
MEMBERS = tuple(column.name for column in SURVEY.columns)

UNRECORDED = {
    "title": "source not recorded", "source": "", "licence": "", "file": "", "sha256": "",
    "rows_read": None, "rows_kept": None, "dropped": [], "notes": [], "constructs": {}, "meanings": {},
    "table": "survey", "roles": [], "moderator": None, "simulated": False, "truth": None, "currency": "",
}


def provenance(frame: pd.DataFrame) -> dict:
    """Where the frame comes from and what was decided on the way, as a plain dict of its own.

    >>> provenance(pd.DataFrame())["title"]
    'source not recorded'
    """
    return recorded(frame.attrs.get("crmlab", {}))


def stamp(frame: pd.DataFrame, prov: dict) -> pd.DataFrame:
    """A copy of the frame that carries the provenance.

    >>> provenance(stamp(pd.DataFrame(), {"title": "my survey"}))["title"]
    'my survey'
    """
    stamped = frame.copy()
    stamped.attrs["crmlab"] = _Kept(recorded(prov))
    return stamped


class _Kept(dict):
    """Read and never changed, so pandas need not copy it with every column it takes out of a frame."""

    def __deepcopy__(self, memo) -> "_Kept":
        return self


def recorded(prov: dict) -> dict:
    """A provenance with every field, sharing nothing with the one given."""
    return copy.deepcopy({**UNRECORDED, **prov})


def ids(frame: pd.DataFrame) -> list[str]:
    """Who stands in each row: the customer_id as text, or the label of the row where there is none.

    >>> ids(pd.DataFrame({"orders": [1, 2]}))
    ['0', '1']
    """
    return (frame["customer_id"] if "customer_id" in frame else frame.index).astype(str).tolist()


def units(rows: pd.DataFrame) -> tuple[np.ndarray | None, str]:
    """Which rows stand or fall together: the unit of each row and its word; None where each row stands alone.

    The unit is the ``cluster``, or the customer where a ``customer_id`` stands in several rows (waves) and
    either no cluster is given or every cluster lies within one customer. A row without a name stands alone.

    >>> units(pd.DataFrame({"customer_id": ["a", "a", None, None]}))
    (array([0, 0, 6, 7]), 'customer')
    >>> units(pd.DataFrame({"customer_id": ["a", "b"]}))
    (None, 'customer')
    """
    customer, cluster = (_codes(rows[name]) if name in rows else None for name in ("customer_id", "cluster"))
    held = cluster is not None and (
        customer is None or len(np.unique(2 * len(rows) * cluster + customer)) > len(np.unique(cluster)))
    unit = cluster if held else customer
    alone = unit is None or len(np.unique(unit)) == len(rows)
    return None if alone else unit, "cluster" if held else "customer"


def stands(frame: pd.DataFrame) -> np.ndarray:
    """Which rows stand for somebody: all, or those with a ``weight`` above 0.

    Raises CrmlabError for weights below 0 or without end, and where one row weighs more than all others together.

    >>> stands(pd.DataFrame({"weight": [1.0, 0.0, 2.0, 1.5, np.nan]})).tolist()
    [True, False, True, True, False]
    """
    if "weight" not in frame:
        return np.full(len(frame), True)
    weight = frame["weight"].astype(float)
    wrong = (weight < 0) | np.isinf(weight)
    if wrong.any():
        raise CrmlabError("Column 'weight' holds numbers that are no weights.", rows_read(weight, wrong),
                          "A weight says how many customers a row stands for; correct these, or leave the column out.")
    heavy = weight > weight.sum() / 2
    if heavy.any() and len(weight) > 2:
        raise CrmlabError("One row weighs more than all others together.", rows_read(weight, heavy),
                          "Look whether column 'weight' holds an amount or a code; if it is a weight, cap it.")
    return (weight > 0).to_numpy()


def _codes(names: pd.Series) -> np.ndarray:
    codes = pd.factorize(names)[0]
    return np.where(codes < 0, len(codes) + np.arange(len(codes)), codes)


def constructs_in(columns) -> dict[str, dict]:
    """The constructs that stand in column names such as ``trust_1`` or, reversed, ``trust_2_r``.

    >>> constructs_in(["trust_1", "trust_2_r", "age"])
    {'trust': {'items': ['trust_1', 'trust_2_r'], 'reversed': ['trust_2_r'], 'low': None, 'high': None}}
    """
    found = {}
    for column in columns:
        match = ITEM.fullmatch(column)
        if match:
            spec = found.setdefault(match[1], {"items": [], "reversed": [], "low": None, "high": None})
            spec["items"].append(column)
            if match[3]:
                spec["reversed"].append(column)
    return found


def schema(frame: pd.DataFrame, prov: dict) -> Schema:
    """The table's schema for these columns: its own, the items of the constructs, and the rest as it is typed.

    >>> columns = schema(pd.DataFrame({"customer_id": ["1"], "age": [40.0]}), UNRECORDED).columns
    >>> [(column.name, column.kind) for column in columns]
    [('customer_id', 'id'), ('age', 'number')]
    """
    table = TABLES[prov["table"]]
    known = {column.name: column for column in table.columns}
    for spec in prov["constructs"].values():
        for item in spec["items"]:
            known[item] = Column(item, "item", meaning(item), spec["low"], spec["high"])
    columns = [known.get(name) or _further(frame[name]) for name in frame]
    said = prov["meanings"]
    return Schema(table.table, tuple(replace(column, meaning=said.get(column.name, column.meaning))
                                      for column in columns))


def meaning(name: str, table: str = "survey") -> str:
    """What a column says if its source does not tell.

    >>> meaning("trust_2_r")
    "trust, question 2, reversed: whether the customer relies on the firm's word and skill"
    """
    match = ITEM.fullmatch(name)
    if not match:
        own = {column.name: column.meaning for column in TABLES[table].columns}
        return {**MEANINGS, **own, **(PARTS if table == "transactions" else {})}.get(name, "a further column")
    turned = ", reversed" if match[3] else ""
    return f"{match[1]}, question {match[2]}{turned}: {CONSTRUCTS[match[1]]}"


def codebook(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per column of an opened table: its meaning in words, its range, how many answered, the mean."""
    return schema(frame, provenance(frame)).codebook(frame)


def needs(frame: pd.DataFrame, *constructs: str) -> dict[str, dict]:
    """The named constructs with their items, reversed items and scale; an error where one has no items."""
    present = provenance(frame)["constructs"]
    for name in constructs:
        if name not in present:
            raise _no_items(name, frame, present)
    return {name: present[name] for name in constructs}


def meant(name: str) -> str:
    """The item that a name stands for, however its number and its turning are written, or nothing.

    >>> [meant(name) for name in ("trust_2R", "Trust.1", "trust 03 (rev)", "trust_r_4", "trust_1_t2", "trust")]
    ['trust_2_r', 'trust_1', 'trust_3_r', 'trust_4_r', '', '']
    """
    match = SPELT.fullmatch(name)
    if not match or ITEM.fullmatch(name):
        return name if match else ""
    turned = "_r" if match["turned"] or match["after"] else ""
    return f"{match['construct'].casefold()}_{int(match['number'])}{turned}"


def near_construct(name: str) -> str:
    """A closing question where a name is almost an item, or nothing.

    >>> near_construct("satisfactoin_1"), near_construct("q_1")
    ("Did you mean 'satisfaction_1'?", '')
    """
    if meant(name) not in ("", name):
        return f"Did you mean '{meant(name)}'?"
    match = ITEM_LIKE.fullmatch(name)
    near = did_you_mean(match[1], CONSTRUCTS) if match and not ITEM.fullmatch(name) else ""
    return near.replace("'?", f"{name[match.end(1):]}'?") if near else ""


def _further(column: pd.Series) -> Column:
    """A column of one's own holds numbers only where every answer is one."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Column(column.name, "category", meaning(column.name), levels=tuple(column.cat.categories))
    given = column.notna()
    number = is_numeric_dtype(column) or given.any() and numbers(column)[given].notna().all()
    return Column(column.name, "number" if number else "category", meaning(column.name))


def _no_items(name: str, frame: pd.DataFrame, present: dict) -> CrmlabError:
    """The columns that may be meant come first: those named alike, then any that no construct uses."""
    if name not in CONSTRUCTS:
        return unknown("construct", name, "The vocabulary", CONSTRUCTS)
    used = {item for spec in present.values() for item in spec["items"]} | set(MEANINGS)
    free = [column for column in frame if column not in used]
    alike = [column for column in free if _alike(column, name)]
    able = alike or [column for column in free if scalable(frame[column])]
    if not free:
        found = f"It has items for {listed(present, 30, quote=False)}."
    else:
        found = f"Its columns without a place are {listed(alike or free, 12)}."
    ask = f"Say which column asks for it, as in columns={ {(able or ['Z1'])[0]: f'{name}_1'} }."
    return CrmlabError(f"{provenance(frame)['table']}: there are no items for '{name}'.", found,
                       ask if able or not free else f"Add a column with the answers, such as '{name}_1'.")


def _alike(column: str, construct: str) -> bool:
    word = re.sub(r"[\W\d_]+", "", column).casefold()
    near = word[:1] == construct[0] and bool(did_you_mean(word, [construct]))
    return len(word) > 2 and (word[:4] == construct[:4] or near)
