"""Which rows of a log are purchases: the states of a deal, charge or order are told by the reader, never guessed."""

import re
from typing import NamedTuple

import pandas as pd
from pandas.api.types import is_numeric_dtype

from crmlab.frame.cells import numbers, word
from crmlab.frame.errors import CrmlabError, counted, listed, unknown

ALL, FIRST, EMPTY = "all", "first", "(empty)"
MOST_STATES, SHOWN = 20, 8
#: What a state says where the row is no purchase, or not yet one: beginnings of words, and whole cells.
UNDONE = (r"cancel|refund|charge ?back|void|fail|declin|reject|disput|revers(ed|al)|abandon|expired?\b|unpaid|not paid|lost\b|"
          r"pending|awaiting|no[- _]?show|past[- _]?due|overdue|uncollectible|überfällig|storn|erstatt|fehlgeschlagen|abgelehnt|abgebrochen|ausstehend|unbezahlt|verloren|retour|widerruf|annul|"
          r"rembours|échou|echou|refus|en attente|impay|perdu\b|anulad|reembols|fallid|rechazad|pendiente|devuel|perdid|"
          r"in attesa|rimbors|geannuleerd|terugbetaald|anulowan|zwrot|rückzahl|rückbuch|rücklast|rückgabe|rücksend")
UNDONE_CELL = (r"open|offen|draft|entwurf|brouillon|borrador|test|new|neu|processing|in (bearbeitung|process|progress)|on[- ]?hold|"
               r"en (cours|proceso)|incomplete|returned|return|partial(ly)?.*|teilweise.*|quote|angebot|gutschrift|credit (note|memo)|"
               r"prospect(ing)?|qualifi(cation|ed).*|negotiation.*|proposal.*|needs analysis|appointment.*|requires.*|uncaptured|blocked|"
               r"gesperrt|deleted|gelöscht|payout|fee|transfer|(verhandlung|qualifizier|bedarfsanalyse|négociation|negociación).*|contract sent|"
               r"trial(ing)?|(page[ _-]?)?view(ed|s)?|(add|remove|delete)?[ _-]?(to|from)?[ _-]?(cart|basket|wishlist)|clicks?|impression|"
               r"avoir|abono|nota di credito|credit(ed| memo)|rechnungskorrektur|lieferschein|offerte?|estimate|"
               r".*(withdrawal|\bdeposit|conversion|auszahlung|abbuchung|umrechnung).*")
DONE = (r"(partially )?paid|bezahlt|payée?|pagad[oa]|complet(ed?|ad[oa])|succe(eded|ss(ful)?)|erfolgreich|réussie?|exitos[oa]|fulfilled|"
        r"shipped|versendet|versandt|expédiée?|enviad[oa]|delivered|geliefert|zugestellt|livrée?|entregad[oa]|(closed )?won|"
        r"gewonnen|gagnée?|ganad[oa]|captured|settled|approved|authori[sz]ed|abgeschlossen|erledigt|terminée?|terminad[oa]|closed|"
        r"order|sales?|payment|charge|purchase|verkauf|kauf|bestellung|vente|venta|invoice|rechnung|facture|factura|fattura|receipt|"
        r"transaction|(website|mobile|subscription|express checkout|preapproved|web accept) payment( received)?|express-checkout-zahlung|zahlung|"
        r"(ab)?geschlossen(,| und|/)? ?gewonnen")
STATE_NAME = re.compile(r"^(?!.*(customer|client|kunden|user|member|account|loyalty|vip|marital|family|familien)[ _-]?(status|stage))"
                        r".*(status|stage\b|(payment|order|deal|billing|invoice)[ _-]?state\b|statut\b|\bstato\b|zustand)", re.IGNORECASE)
UNDONE_NAME = re.compile(r"cancel|refund|void|charge ?back|disput|revers|storn|annul|erstatt|rembours|reembols|retour|returned|return[ _-]?(ed|date|s)\b|rückgabe|anulad|"
                         r"deleted|gelöscht|is_?test|^test$", re.I)
FLAG_NAME = re.compile(UNDONE_NAME.pattern + r"|won\b|paid|captured|closed|livemode|bezahlt|success|is_?valid|confirmed|completed|"
                       r"payé|pagad", re.I)
TRUTHS = ({"true", "false"}, {"yes", "no"}, {"ja", "nein"}, {"oui", "non"}, {"y", "n"}, {"t", "f"}, {"1", "0"}, {"wahr", "falsch"})
#: What leaves an account, and what comes in.
SIDES = {"s": "h", "soll": "haben", "d": "c", "dr": "cr", "debit": "credit", "dbit": "crdt", "out": "in", "ausgang": "eingang",
         "débit": "crédit", "debe": "haber", "-": "+"}
SIDE_NAME = re.compile(r"soll|haben|debit|credit|direction|richtung|sign|vorzeichen|kennzeichen|indicator|\bkz\b|type|typ\b|art\b|[dcsh]/[dcsh]", re.I)
CARD = re.compile(r"card|karte|method|methode|zahlart|carte|tarjeta", re.I)
REFUNDED = re.compile(r"refund|erstatt|rembours|reembols|rimbors", re.I)
BACK = re.compile(REFUNDED.pattern + r"|return|rückzahl|rückgabe|gutschrift|credit (note|memo)|avoir|abono", re.I)
INVOICE = re.compile(r"order|invoice|bestell|rechnung|auftrag|beleg|transaction|receipt|commande|facture|pedido|factura|^name$", re.I)
MULTIPLE = 3  # orders in several rows, from which on equal amounts are no chance


class Told(NamedTuple):
    """Which rows count: of each column the cells in lower case, or ``all``, or ``first``; ``everything`` asks no more."""

    columns: dict[str, list[str] | str]
    everything: bool = False


def told(count) -> Told:
    """What was said, as a dict or in one line: ``Status=Paid|Shipped;Captured=TRUE``.

    >>> told("Status=Paid|Shipped").columns, told({"Status": "all"}).columns, told("all").everything
    ({'Status': ['Paid', 'Shipped']}, {'Status': 'all'}, True)
    """
    if count is None or count == ALL:
        return Told({}, count == ALL)
    if isinstance(count, str):
        pairs = [part.partition("=") for part in count.split(";") if part.strip()]
        if all(sign and name.strip() for name, sign, _ in pairs):
            count = {name.strip(): [one.strip() for one in cells.split("|")] for name, _, cells in pairs}
    if not isinstance(count, dict) or not count or [] in count.values():
        raise CrmlabError("open_table: count says of a column which of its cells count.", f"Found {count!r}.",
                          "Write it as in count={'Status': ['paid']}, or count='all' for every row.")
    said = {name: [cells] if isinstance(cells, str) or not hasattr(cells, "__iter__") else list(cells) for name, cells in count.items()}
    whole = {name: str(cells[0]).casefold() for name, cells in said.items() if len(cells) == 1}
    return Told({name: whole[name] if whole.get(name) in (ALL, FIRST) else [word(cell) for cell in cells]
                 for name, cells in said.items()})


def other_rows(frame: pd.DataFrame, said: Told) -> list[tuple[pd.Series, str]]:
    """The rows that do not count, with the reason, column by column as told."""
    groups = []
    for name, cells in said.columns.items():
        if name not in frame:
            raise unknown("column", name, "The log", frame)
        if cells == FIRST:
            groups.append((frame[name].notna() & frame.duplicated(name), f"a further row of the same '{name}'"))
        elif cells != ALL:
            words = _inherited(frame, name)
            known = {one.casefold(): one for one in words.unique()}
            for cell in cells:
                if cell.casefold() not in known:
                    raise unknown(f"cell in '{name}' that reads", cell, f"Column '{name}'", known.values())
            wanted = {cell.casefold(): known[cell.casefold()] for cell in cells}
            groups.append((~words.str.casefold().isin(list(wanted)), f"'{name}' does not read {listed(wanted.values())}"))
    return groups


def untold(frame: pd.DataFrame, said: Told, own: list[str]) -> list[CrmlabError]:
    """A problem where columns show that not every row is a purchase, and nobody told which are.

    ``frame`` has the log's own columns typed, and only its complete rows.
    """
    if said.everything or frame.empty:
        return []
    free = [name for name in frame if name not in own and name not in said.columns]
    lines = _repeated(frame, free)
    states = {name: found for name in free if (found := _states(frame[name], _inherited(frame, name), frame["amount"]))}
    return _asked(states, frame) + _refunds(frame, free) + _cancelled(frame, free) + lines


def lines_of_orders(frame: pd.DataFrame, own: list[str]) -> str:
    """The column whose cells name orders, where some orders have several rows; or nothing."""
    for name in frame:
        if name in own or not INVOICE.search(name) or STATE_NAME.search(name):
            continue
        filled = frame[frame[name].notna()]
        sizes = filled.groupby(name, observed=True)["customer_id"].agg(["size", "nunique"])
        if len(sizes) > 1 and sizes["size"].max() > 1 and sizes["nunique"].max() <= 1 and len(sizes) >= filled["customer_id"].nunique() / 2:
            days = filled.groupby(name, observed=True)["date"].nunique()
            if days.max() <= 1:
                return name
    return ""


def continued(frame: pd.DataFrame, lacking: pd.DataFrame) -> str:
    """The column that says of every row without an amount that it goes on with an order above; or nothing."""
    gaps = lacking.get("amount", pd.Series(False, index=frame.index))
    if not gaps.any() or lacking.drop(columns="amount").any(axis=1)[~gaps].any():
        return ""
    return next((name for name in frame if INVOICE.search(name) and frame[name][gaps].notna().all()
                 and frame[name][gaps].isin(frame[name][~gaps]).all()), "")


def _inherited(frame: pd.DataFrame, name: str) -> pd.Series:
    """The cells of a column; further rows of an order, which some shops leave empty, have what its first row says."""
    words = _words(frame[name])
    for order in [other for other in frame if INVOICE.search(other) and other != name and (words == EMPTY).any()]:
        said = words[words != EMPTY].groupby(frame[order], observed=True)
        if (said.nunique() == 1).all():
            first = frame[order].map(said.first().to_dict()).astype(object)
            words = words.where((words != EMPTY) | first.isna(), first).astype(str)
    return words


def _words(column: pd.Series) -> pd.Series:
    return column.astype(object).map(word, na_action="ignore").where(column.notna(), EMPTY).astype(str).str.strip()


def _states(column: pd.Series, words: pd.Series, amounts: pd.Series) -> dict[str, int]:
    """The states of a column with their rows, where some may be no purchase; a refund by its amount is told already."""
    if _flag(column) or (amounts >= 0).all() and _sided(column.name, words.unique()):
        return _counts(words)
    filled = column.notna()
    if UNDONE_NAME.search(column.name) and not is_numeric_dtype(column) and filled.any() and not filled.all():
        return {EMPTY: int((words == EMPTY).sum()), "(filled)": int(filled.sum())} if _many(column) else _counts(words)
    named = bool(STATE_NAME.search(column.name))
    if is_numeric_dtype(column) and not named or _many(column) or not filled.any():
        return {}
    distinct = [one for one in words.unique() if named or one != EMPTY]
    done = [one for one in distinct if re.fullmatch(DONE, one, re.IGNORECASE)]
    rest = [one for one in distinct if one not in done and not _paid_back(amounts[words == one])]
    undone = [one for one in rest if _undone(one, named or bool(done))]
    return _counts(words) if undone or named and rest and len(distinct) > 1 else {}


def _undone(cell: str, weak: bool = True) -> bool:
    """Whether a cell says that nothing was bought; ``weak`` words say so only beside others of their kind.

    >>> [cell for cell in ("Closed Lost", "paid", "Storniert", "Test kit", "open", "unfulfilled") if _undone(cell)]
    ['Closed Lost', 'Storniert', 'open']
    """
    return len(cell) < 40 and bool(re.search(rf"\b({UNDONE})", cell, re.I) or weak and re.fullmatch(UNDONE_CELL, cell, re.I))


def _paid_back(amounts: pd.Series) -> bool:
    return bool((amounts < 0).all())


def _many(column: pd.Series) -> bool:
    return column.nunique() > MOST_STATES


def _flag(column: pd.Series) -> bool:
    """Whether the column says yes and no about the row being a purchase."""
    words = {one.casefold() for one in _words(column).unique()} - {EMPTY}
    return bool(FLAG_NAME.search(column.name)) and any(words == pair for pair in TRUTHS)


def _sided(name: str, cells) -> bool:
    """Whether the column says of each amount to which side of an account it goes; a card may be debit as well."""
    said = {cell.casefold() for cell in cells} - {EMPTY}
    short = max(map(len, said), default=0) == 1
    return (not CARD.search(name) and (not short or bool(SIDE_NAME.search(name)))
            and any(said == {out, back} for out, back in SIDES.items()))


def _counts(words: pd.Series) -> dict[str, int]:
    return words.value_counts().to_dict()


def _asked(states: dict[str, dict], frame: pd.DataFrame) -> list[CrmlabError]:
    if not states:
        return []
    said = [f"'{name}' reads {_shown(cells)}" for name, cells in states.items()]
    count = {name: _proposed(name, cells) + _lowering(frame, name, cells) for name, cells in states.items()}
    verb = "column {} says" if len(states) == 1 else "columns {} say"
    return [CrmlabError(f"transactions: {verb.format(listed(states))} that not every row may be a purchase.",
                        f"{'; '.join(said)}.", f"Say which rows count, as in count={count}, or count='all'.")]


def _shown(cells: dict[str, int]) -> str:
    said = [f"'{cell}' in {counted(rows, 'row')}" for cell, rows in list(cells.items())[:SHOWN]]
    return listed(said + [""] * (len(cells) - len(said)), SHOWN, quote=False)


def _proposed(name: str, cells: dict[str, int]) -> list[str]:
    """The cells that most likely mean a purchase."""
    if coming := [cell for cell in cells if cell.casefold() in SIDES.values() and _sided(name, cells)]:
        return coming
    if UNDONE_NAME.search(name) and EMPTY in cells:
        return [EMPTY]
    if set(map(str.casefold, cells)) - {EMPTY} in TRUTHS:
        yes = [cell for cell in cells if cell.casefold() in ("true", "yes", "ja", "oui", "y", "t", "1", "wahr")]
        return [cell for cell in cells if (cell in yes) != bool(UNDONE_NAME.search(name)) and cell != EMPTY]
    done = [cell for cell in cells if re.fullmatch(DONE, cell, re.IGNORECASE) and not _undone(cell)]
    done = [cell for cell in done if cell.casefold() != "closed"] or done  # beside a better word it may be a refund
    return done or [cell for cell in cells if not _undone(cell) and cell != EMPTY][:SHOWN] or list(cells)[:1]


def _lowering(frame: pd.DataFrame, name: str, cells: dict[str, int]) -> list[str]:
    """The cells of refunds whose amounts are below 0: they count, since they lower what a customer brought."""
    words = _inherited(frame, name)
    return [cell for cell in cells if BACK.search(cell) and _paid_back(frame["amount"][words == cell])]


def _refunds(frame: pd.DataFrame, free: list[str]) -> list[CrmlabError]:
    """A column of money that was paid back beside an amount that still counts in full."""
    problems = []
    for name in free:
        sizes = numbers(frame[name]) if REFUNDED.search(name) and not _flag(frame[name]) else pd.Series(dtype=float)
        where = sizes.fillna(0).ne(0)
        if where.any() and sizes.notna().sum() >= frame[name].notna().sum():
            problems.append(CrmlabError(
                f"transactions: column '{name}' holds money that was paid back, and 'amount' counts in full.",
                f"It is not 0 in {counted(int(where.sum()), 'row')}.",
                f"Say columns={{'{name}': 'refunded'}} to take it off the amount, or count={{'{name}': 'all'}} if that is done already."))
    return problems


def _cancelled(frame: pd.DataFrame, free: list[str]) -> list[CrmlabError]:
    """Invoices with a C in front are cancellations in some systems; their amount should be below 0."""
    for name in free:
        if not INVOICE.search(name) or is_numeric_dtype(frame[name]):
            continue
        words = _words(frame[name])
        marked, plain = words.str.fullmatch(r"[Cc]\d+"), words.str.fullmatch(r"\d+")
        where = marked & (frame["amount"] > 0)
        if where.any() and plain.sum() > marked.sum():
            return [CrmlabError(
                f"transactions: {counted(int(where.sum()), 'row')} of a cancelled invoice would count as "
                f"{'a purchase' if where.sum() == 1 else 'purchases'}.",
                f"'{name}' begins with C, as '{words[where].iloc[0]}', and the amount is above 0.",
                "Map the number of pieces on 'quantity' and the price of one on 'unit_price' if the file has them, remove these rows "
                f"from the file, or say count={{'{name}': 'all'}}.")]
    return []


def _repeated(frame: pd.DataFrame, free: list[str]) -> list[CrmlabError]:
    """The total of an order in each of its rows would be summed as often as it has rows."""
    name = lines_of_orders(frame, [one for one in frame if one not in free])
    if not name:
        return []
    orders = frame.groupby(name, observed=True)["amount"].agg(["size", "nunique"])
    several = orders[orders["size"] > 1]
    others = [one for one in free if one != name]
    parted = frame.duplicated([name, *others]).sum() < (several["size"] - 1).sum() if others else False
    if len(several) < MULTIPLE or (several["nunique"] > 1).any() or not parted or frame["amount"].nunique() < MULTIPLE:
        return []
    return [CrmlabError(
        "transactions: the amount looks like the total of an order, written in each of its rows.",
        f"'{name}' names {counted(len(several), 'order')} in several rows, and within each the amount is the same.",
        f"Say count={{'{name}': 'first'}} to count each order once, or count={{'{name}': 'all'}} if each row was paid.")]
