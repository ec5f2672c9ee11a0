"""Which column of a log is meant: called so, and able to be so by its values; spelling alone is no meaning."""

import re

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from crmlab.frame import dates
from crmlab.frame.cells import cleaned, numbers
from crmlab.frame.errors import did_you_mean
from crmlab.measures import tables
from crmlab.sources import money
from crmlab.sources.adapting import ID_LIKE

REQUIRED = tuple(column.name for column in tables.TRANSACTIONS.columns if column.required)
#: What the columns are often called elsewhere, the likeliest first.
OFTEN = {
    "customer_id": ("customer", "client", "kunde", "cust", "user", "buyer", "member", "cliente", "käufer", "account", "company",
                    "firma", "contact", "guest", "gast", "visitor", "auftraggeber", "patient", "mandant", "email", "e-mail"),
    "date": ("day", "datum", "date", "time", "fecha", "data", "created", "paid at", "tag", "termin", "buchungstag", "valuta"),
    "amount": ("betrag", "amount", "umsatz", "total", "revenue", "sales", "spend", "value", "price", "gross", "montant", "importe",
               "sum", "preis", "wert", "ca", "brutto",
               "credit", "haben", "gutschrift", "paid in", "money in", "crédit", "haber"),
    "quantity": ("quantity", "qty", "menge", "anzahl", "stück", "units", "pieces", "quantité", "cantidad", "quantità"),
    "unit_price": ("unit price", "unitprice", "unit_price", "price", "einzelpreis", "stückpreis", "preis", "prix", "precio", "prezzo"),
}
#: Money, but not what was paid in all.
OTHER_MONEY = re.compile(r"refund|tax|steuer|fee|gebühr|discount|rabatt|shipping|versand|cost|kosten|margin|marge|balance|saldo|unit|"
                         r"einzel|stück|quantity|qty|menge|count|anzahl|number|nummer|account|konto|line ?item|average|mean|share|%|"
                         r"tip|points|punkte|debit|soll\b|lastschrift|withdrawal|paid ?out|money ?out|débit|debe\b|ausgang", re.IGNORECASE)
OF_ONE = re.compile(r"unit|einzel|stück|each|per\b|pro\b|piece|unitaire|unitario", re.IGNORECASE)
OF_AN_ORDER = re.compile(r"(order|invoice|receipt|confirmation|transaction|booking|bestell|rechnung|beleg|bon|auftrag|commande|facture|pedido)"
                         r"[ _#-]*(id|no|nr|num|code|ref|$)", re.IGNORECASE)
DAY_OF_A_KIND = r"(\d{1,4}([./-])\d{1,2}\2\d{2,4}|[A-Za-zé]{3,9}[.-]? ?\d{1,2}[,-] ?\d{2,4})(?!\d).*"  # perhaps none that is read
PART = 0.9  # so many of the filled cells can be read as what is proposed
LOOKED_AT = 200


def columns(free: pd.DataFrame, lacking: list[str]) -> dict[str, str]:
    """Own column to crmlab's for those that are lacking; the amount may be pieces times the price of one.

    >>> log = pd.DataFrame({"Country": ["UK", "FR"], "Quantity": [3, 2], "UnitPrice": [2.5, 1.0], "CustomerID": [7, 8]})
    >>> columns(log, ["customer_id", "amount"])
    {'CustomerID': 'customer_id', 'Quantity': 'quantity', 'UnitPrice': 'unit_price'}
    """
    found = {}
    for name in lacking:
        own = near(name, [one for one in free if one not in found], free)
        if name == "amount" and (not own or "price" in own.casefold() or "preis" in own.casefold()):
            parts = {part: near(part, [one for one in free if one not in found], free) for part in tables.PARTS if part in OFTEN}
            if all(parts.values()) and len(set(parts.values())) == 2:
                found |= {mine: part for part, mine in parts.items()}
                continue
        found |= {own: name} if own else {}
    return found


def near(name: str, free: list[str], frame: pd.DataFrame | None = None) -> str:
    """The column that is called like this one, or often stands for it, and whose cells can be that; or nothing."""
    alike = did_you_mean(name, free).split("'")[1::2]
    called = [column for column in free if column.casefold() in (name, *OFTEN[name])]
    often = [column for word in OFTEN[name] for column in free if _holds(column, word)]
    known = [column for column in [*called, *often, *alike] if not (
        name == "amount" and OTHER_MONEY.search(column) or name == "customer_id" and OF_AN_ORDER.search(column))]
    return next((column for column in known if frame is None or _can_be(name, frame[column])), "")


def any_for(frame: pd.DataFrame, name: str) -> str:
    """A column that can be what is lacking, whatever it is called; nothing where there is none."""
    able = [column for column in frame if _can_be(name, frame[column]) and not (
        name == "amount" and (OTHER_MONEY.search(column) or ID_LIKE.search(column)) or name == "customer_id" and OF_AN_ORDER.search(column))]
    if name == "date" and not able:
        able = [column for column in frame if _texts(column, frame).str.fullmatch(DAY_OF_A_KIND).mean() >= PART]
    again = [column for column in able if name != "customer_id" or frame[column].duplicated().any()]  # who buys comes again
    return next(iter(again or able), "")


def _texts(column: str, frame: pd.DataFrame) -> pd.Series:
    return cleaned(frame[column]).dropna()[:LOOKED_AT].astype(str)


def _holds(column: str, word: str) -> bool:
    """Whether the word stands in the name; a short one must stand alone."""
    said = column.casefold()
    return word in said if len(word) > 3 else word in re.split(r"[\W_]+", said) or word in ("day",) and word in said


def _can_be(name: str, column: pd.Series) -> bool:
    """Whether nearly all cells can be read as what the column would be."""
    cells = cleaned(column).dropna()[:LOOKED_AT]
    if cells.empty:
        return False
    read = [numbers(money.read(cells, sign).cells) for sign in ".,"] if not is_datetime64_any_dtype(cells) else [
        pd.Series(index=cells.index, dtype=float)]
    sizes = max(read, key=pd.Series.count)
    days = cells.map(_day)
    if name == "date":
        return bool(days.mean() >= PART)
    if name == "customer_id":
        days |= cells.astype(str).str.fullmatch(DAY_OF_A_KIND)
        return bool(days.mean() < PART and not (sizes.dropna() % 1 != 0).any() and cells.nunique() > 1)
    return bool(sizes.notna().mean() >= PART and days.mean() < PART)


def _day(cell) -> bool:
    """Whether a cell is a day of the calendar; a number of eight digits only where it is one of this century or the last."""
    said = str(cell).removesuffix(".0").removesuffix(" 00:00:00")
    return bool(dates.DATE.fullmatch(dates.numbered(said)) and (not said.isdigit() or re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d", said)))


def recognised(names) -> bool:
    """Whether columns of these names look like a log: somebody, a day and an amount.

    >>> recognised(["Kunde", "Datum", "Betrag"]), recognised(["customer_id", "satisfaction_1", "date"])
    (True, False)
    """
    names = list(names)
    free = [name for name in names if name not in REQUIRED and not re.search(r"\d", name)]  # value_1 is a question
    found = {name: name if name in names else near(name, free) for name in REQUIRED}
    if not found["amount"]:
        found["amount"] = near("unit_price", free) * bool(near("quantity", free))
    whole = "" not in found.values() and len(set(found.values())) == len(found)
    return whole and not tables.constructs_in(names)
