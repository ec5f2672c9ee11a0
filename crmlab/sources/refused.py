"""What a table of answers is refused for: no questions, too few rows, a second row of names, roles with gaps."""

import re

import pandas as pd

from crmlab.frame.cells import number, numbers, rows, word
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.replies import nothing
from crmlab.measures import tables
from crmlab.sources import guess, logs
from crmlab.sources.adapting import dated, nearest_item, orders_in
from crmlab.sources.files import Raw

LEAST_ROWS = 10
SUMMED = re.compile(r"(grand )?(total|sum|mean|average|summe|gesamt(summe)?|mittel(wert)?|durchschnitt|somme|moyenne|suma|"
                    r"promedio|media)s?:?", re.IGNORECASE)


def enough(frame: pd.DataFrame, raw: Raw) -> None:
    """Refuse a table with hardly a row, for the likeliest cause."""
    prov = raw.prov
    if len(frame) >= LEAST_ROWS:
        return
    held = counted(len(frame), "row") + (" with an answer" if prov["dropped"] else "")
    remedy = (
        "Ask more customers first."
        if len(frame)
        else (
            "Look up what was taken as missing, or ask more customers first."
            if prov["dropped"]
            else "Export the answers once more: there are none below the names."
        )
    )
    raise CrmlabError(
        f"{prov['table']}: there are too few rows.",
        f"'{prov['title']}' has {held}, and {LEAST_ROWS} are the least.",
        elsewhere(raw) or remedy,
    )


def no_items(raw: Raw) -> CrmlabError:
    """The error for a table without questions, or of relations without orders."""
    frame, prov = raw.frame, raw.prov
    if prov["table"] == "dyads":
        near = {orders_in(frame): "orders"}
        ask = "Add a column 'orders' with the number of orders of each customer so far."
        ask = ask if "" in near else f"Say which column counts them, as in columns={near}."
        return CrmlabError(
            f"dyads: '{prov['title']}' counts no orders.",
            f"Its columns are {listed(frame, 30)}.",
            elsewhere(raw) or ask,
        )
    near = nearest_item(frame)
    remedy = (
        f"Say which column asks what, as in columns={dict([near])}."
        if near
        else ("Add the answers, a column for each question, such as 'satisfaction_1' and 'loyalty_1'.")
    )
    if guess.recognised(frame):
        remedy = f"It looks like a log of purchases: open it as the table '{logs.TABLE}'."
    return CrmlabError(
        f"{prov['table']}: '{prov['title']}' has no items.",
        f"Its columns are {listed(frame, 30)}.",
        elsewhere(raw) or remedy,
    )


def elsewhere(raw: Raw) -> str:
    """The sheet of the workbook that was not read and has the columns, or may have them."""
    known = {*tables.NAMES, "orders"}
    tops = {title: [word(cell) for cell in top] for title, top in raw.others}
    holds = [title for title, top in tops.items() if tables.constructs_in(top) or known & set(top) or guess.recognised(top)]
    title = next(iter(holds), "")
    if title:
        return f"The sheet '{title}' seems to hold them: move it to the front, or save it as a file of its own."
    wide = max(tops, key=lambda title: len(tops[title]), default="")
    if wide and len(raw.frame) < LEAST_ROWS and len(tops[wide]) > len(raw.frame.columns):
        return f"If they stand in the sheet '{wide}', move it to the front, or save it as a file of its own."
    return ""


def second_names(frame: pd.DataFrame, items: list[str], table: str) -> list[CrmlabError]:
    """A first row that holds the questions in words, above answers in numbers or other words."""
    if not items or len(frame) < 2:
        return []
    top, row = frame.iloc[0], frame.index[0]
    asked = [item for item in items if _asks(top[item], frame[item].iloc[1:])]
    if len(asked) < len(items) or not (len(items) > 1 or " " in top[items[0]].strip()):
        return []
    return [
        CrmlabError(
            f"{table}: row {row} holds no answers but a second row of names.",
            f"In '{asked[0]}' it reads '{_shortened(top[asked[0]])}'.",
            f"Delete row {row} of the file, and open the file again.",
        )
    ]


def foot(frame: pd.DataFrame, items: list[str], table: str) -> list[CrmlabError]:
    """A last row that is a sum or a mean of those above, by a word in it."""
    who = "customer_id" if "customer_id" in frame else frame.columns[0]
    cell = frame[who].iloc[-1] if len(frame) and who not in items else None
    if not isinstance(cell, str) or not SUMMED.fullmatch(cell.strip()) or (frame[who].iloc[:-1] == cell).any():
        return []
    row = frame.index[-1]
    return [CrmlabError(f"{table}: the last row is no customer.", f"Row {row} reads '{cell.strip()}'.",
                        f"Delete row {row} of the file, and open the file again.")]


def _asks(top, others: pd.Series) -> bool:
    """Whether a first cell is no answer but a question: words above numbers, or a sentence that nobody gives as one."""
    if not isinstance(top, str) or number(top) == number(top) or len(top.strip()) < 2 or nothing(top):
        return False
    filled = others.dropna()
    return not filled.eq(top).any() and (numbers(filled).notna().mean() >= 0.5 or "?" in top or len(top) > 40)


def _shortened(said: str) -> str:
    said = " ".join(said.split())
    return said if len(said) <= 60 else f"{said[:57]}…"


def roles(raw: pd.DataFrame, frame: pd.DataFrame, table: str) -> list[CrmlabError]:
    """A role speaks for its whole row, so it may not be empty; and a customer answers once."""
    problems = []
    for role in ("customer_id", "cluster", "weight", "wave"):
        if role in raw and raw[role].isna().any():
            problems.append(
                CrmlabError(
                    f"{table}: column '{role}' has empty cells.",
                    f"Look at {rows(raw, raw[role].isna())}.",
                    "Fill them, or map the column to '-' in columns to leave it out.",
                )
            )
    if "weight" in frame and (frame["weight"] == 0).any():
        problems.append(
            CrmlabError(
                f"{table}: a weight is above 0.",
                f"It is 0 in {rows(frame, frame['weight'] == 0)}.",
                "Remove these rows from the file, or correct the weights.",
            )
        )
    key = ["customer_id", "wave"] if "wave" in frame else ["customer_id"]
    again = frame.duplicated(key, keep=False) & frame["customer_id"].notna()
    if "cluster" not in frame and again.any():
        day = dated(raw)
        problems.append(
            CrmlabError(
                f"{table}: a customer_id stands in more than one row; answers of one customer are not independent.",
                f"Look at {rows(frame, again)}: {listed(frame.loc[again, 'customer_id'].unique())}.",
                f"With a day in '{day}', this looks like a list of orders: read it with table='{logs.TABLE}', or count the "
                "orders of each customer first."
                if day
                else "Remove the copies, or map a column on 'wave' or 'cluster' that tells the rows apart.",
            )
        )
    return problems
