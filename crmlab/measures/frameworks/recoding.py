"""Your own coding of a part beside ours: how far two readers of the same texts agree."""

import numpy as np
import pandas as pd

import crmlab.measures.frameworks.book as book
import crmlab.measures.frameworks.boxes as boxes
from crmlab.frame.errors import CrmlabError, counted, listed, there_are, unknown
from crmlab.frame.glossary import interval
from crmlab.frame.picture import ACCENT
from crmlab.frame.result import Caption, Result, Sentence, kind
from crmlab.frame.stats import Interval
from crmlab.measures.frameworks.boxes import CALM, NAME, SMALL
from crmlab.measures.frameworks.coding import FULL, cells, coded, grid, legend, yard
from crmlab.measures.raters import kappas

NAMES, HERS, OURS, LINE, TOP, FOOT = 0.0, 3.1, 4.1, 0.27, 0.36, 0.4
STEPS = (0, 1, FULL)


@kind
class Recoding(Result):
    """A row per row of the QCi model, with your code and ours; ``kappa`` is weighted, with its interval."""

    name: str
    kappa: Interval

    @property
    def _apart(self) -> pd.DataFrame:
        return self.table[self.table["yours"] != self.table["coded"]]

    def text(self) -> str:
        n, same = len(self.table), len(self.table) - len(self._apart)
        said = [f"{self.name}: you and we give the same code in {same} of {counted(n, 'row')}.",
                f"{self._measure()}."]
        if len(self._apart):
            rows = [f"{r.part.lower()} (you {r.yours}, we {r.coded})" for r in self._apart.itertuples()]
            said.append(f"We differ on {listed(rows, 12, quote=False)}.")
        return " ".join([*said, "Neither coding is the truth: look up what the texts say.",
                         f"{n} rows settle little; code more parts before you call a coding reliable."])

    def _measure(self) -> str:
        if not np.isfinite(self.kappa.estimate):
            return "Weighted kappa cannot be computed, since the codes do not vary"
        low, high = self.kappa.low, self.kappa.high
        if not np.isfinite(low) or low == high:
            return f"Weighted kappa is {self.kappa.estimate:.2f}, without an interval"
        return f"Weighted kappa is {interval(*self.kappa)}"

    def caption(self) -> Caption:
        n, same = len(self.table), len(self.table) - len(self._apart)
        rows = "; ".join(f"{r.part}: you {r.yours}, we {r.coded}" for r in self.table.itertuples())
        return Caption(f"You and we agree on {same} of {n} rows", f"{self.name} · {self._measure()}", rows)

    def headline(self) -> dict:
        return {"kappa": self.kappa.estimate, "low": self.kappa.low, "high": self.kappa.high,
                "same": len(self.table) - len(self._apart), "rows": len(self.table)}

    @property
    def _height(self) -> float:
        return TOP + LINE * len(self.table) + FOOT

    @property
    def size(self):
        return boxes.size(self._height)

    def draw(self, ax) -> None:
        boxes.sheet(ax, self._height)
        for x, word in ((HERS, "yours"), (OURS, "ours")):
            boxes.say(ax, x, TOP - 0.2, word, NAME, "bold", ha="center")
        for place, row in enumerate(self.table.itertuples()):
            y = TOP + LINE * (place + 0.5)
            apart = row.yours != row.coded
            boxes.say(ax, NAMES, y, row.part, SMALL, "bold" if apart else "normal")
            if apart:
                boxes.line(ax, [HERS + 0.2, OURS - 0.2], [y, y], ACCENT, 1.8)
            cells(ax, [(HERS, y, row.yours), (OURS, y, row.coded)])
        legend(ax, self._height - 0.16)
        boxes.line(ax, [2.84, 3.08], [self._height - 0.16] * 2, ACCENT, 1.8)
        boxes.say(ax, 3.16, self._height - 0.16, "we differ", SMALL, color=CALM)


def recoded(own, *, framework: str, part: str, draws: int = 2000, seed: int = 1) -> Recoding | Sentence:
    """Your coding of one part of a framework beside ours, with weighted kappa.

    ``own`` holds 0, 1 or 2 for each row of the QCi model, in the order of :func:`crosswalk`: a list, or
    a dict by row as ``{"analysis": 2, "enquiry+welcoming": 1, …}``. With dots in it the answer is "Not answered
    yet". Kappa is weighted by the square of the distance (Cohen 1968; Fleiss & Cohen 1973), with a BCa interval
    over rows. A row of the table is a row of the QCi model, with ``yours`` and ``coded``.

    Raises CrmlabError for a framework or part that is not coded, and for codes that do not fit the rows.

    >>> ours = [2, 0, 1, 2, 1, 0, 1, 0, 2, 0, 0, 0]
    >>> recoded(ours, framework="idic", part="identify").headline()["same"]
    12
    >>> recoded([...] * 12, framework="idic", part="identify")
    Not answered yet. Put 12 codes (0, 1 or 2) in place of the dots.
    """
    coding = _column(framework, part)
    codes = _ordered(own, coding)
    if not codes or any(code is ... for code in codes):
        return Sentence(f"Not answered yet. Put {len(coding)} codes (0, 1 or 2) in place of the dots.")
    _check(codes, coding)
    codes = [int(code) for code in codes]
    kappa = kappas(np.column_stack([codes, coding]), STEPS, draws=draws, seed=seed)
    ours = coding.to_numpy()
    table = pd.DataFrame({"part": [yard(row) for row in coding.index], "yours": codes, "coded": ours})
    found = book.framework(framework)
    name = f"{found.part(part).name} ({found.name})"
    return Recoding(title="Your coding and ours", table=table, kappa=kappa, name=name,
                    source={"title": "crosswalk.csv of crmlab"},
                    settings="our coding is a crmlab rule; quadratic weights; BCa of "
                    f"{draws:,} draws of rows, seed {seed}")


def _column(framework: str, part: str) -> pd.Series:
    book.framework(framework)
    keys = [found.key for found in coded()]
    if framework not in keys:
        raise CrmlabError(f"'{framework}' is not coded.", f"Coded are {listed(keys, 12, quote=False)}.",
                          "The QCi model is the yardstick; code a part of one of the others.")
    parts = grid().loc[framework]
    if part not in parts.index:
        raise unknown("coded part", part, book.framework(framework).name, parts.index)
    return parts.loc[part]


def _ordered(own, coding: pd.Series) -> list:
    """The codes in the order of the rows; an error for a row that does not exist or is left out."""
    if not isinstance(own, dict | pd.Series):
        return list(own)
    given = dict(own)
    for row in given:
        if row not in coding.index:
            raise unknown("row", row, "The crosswalk", coding.index)
    return [given.get(row, ...) for row in coding.index]


def _check(codes: list, coding: pd.Series) -> None:
    if len(codes) != len(coding):
        raise CrmlabError("The codes do not fit the rows.",
                          f"{there_are(len(coding), 'row')}, and you gave {counted(len(codes), 'code')}.",
                          "Give one for each row, in the order of crosswalk().")
    for row, code in zip(coding.index, codes, strict=True):
        if isinstance(code, bool) or code not in STEPS:
            raise CrmlabError(f"A code of '{row}' is no step of the coding.", f"It is {code!r}.",
                              "Give 0 (absent), 1 (partly) or 2 (covered).")
