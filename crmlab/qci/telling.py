"""The case as a student reads it: a memo, three interviews, a sheet of key figures."""

import html
import re
from pathlib import Path

import numpy as np

from crmlab.frame import glossary, picture, places
from crmlab.frame.errors import CrmlabError, counted
from crmlab.frame.result import Caption, Result, kind
from crmlab.measures import casebook
from crmlab.measures.casebook import Telling
from crmlab.measures.scorecard import PRACTICES
from crmlab.qci.drawing import at_right

WORDS_A_MINUTE = 200
TITLE = "The case of {}"
FOOT = "Copy {}. Write this letter into your form."


@kind
class Case(Result):
    """The sheet of key figures; ``telling`` has the text. It never says that there are two tellings."""

    arm: str
    telling: Telling

    def text(self) -> str:
        words = len(self.markdown().split())
        short = sum(practice.short for practice in PRACTICES)
        return (
            f"{self.telling.firm} is a firm of our own invention. Read the memo,"
            f" {len(self.telling.parts) - 1} interviews and {counted(len(self.table), 'key figure')}, about"
            f" {words / WORDS_A_MINUTE:.0f} minutes of reading, and rate the {short} practices of the short"
            " form: how far each is meant, and how far it is done. Where two people disagree, ask who can"
            " show it."
        )

    def caption(self) -> Caption:
        moved = [
            f"{row.figure}: {row.before} then, {row.now} now"
            for row in self.table.itertuples()
            if row.before != MISSING
        ]
        return Caption(
            f"{self.telling.firm}: the key figures",
            "change on the year before, in per cent of its value",
            "; ".join(moved),
        )

    @property
    def size(self):
        return (7.2, 5.0)

    def draw(self, ax) -> None:
        rows = self.table[self.table["before"] != MISSING]
        was, is_ = (rows[name].str.replace(",", "").astype(float).to_numpy() for name in ("before", "now"))
        moved = 100 * (is_ - was) / was
        ax.barh(range(len(rows)), moved, 0.55, color=picture.QUIET, zorder=2)
        for place, row in enumerate(rows.itertuples()):
            at_right(ax, place, f"{row.before} → {row.now}")
        picture.names_down(ax, rows["figure"], 32)
        ax.axvline(0, color=picture.INK, lw=0.9)
        ax.set_xlim(*picture.room([*moved, -5, 5]))
        ax.set_xlabel("per cent")
        ax.figure.subplots_adjust(right=0.80)

    def page(self) -> str:
        """The case as HTML: text and key figures, and nothing else."""
        parts = [f"<p>{_stressed(self.telling.lead)}</p>"]
        for part in self.telling.parts:
            parts += [f"<h4>{html.escape(part.heading)}</h4>", f"<p><em>{html.escape(part.who)}</em></p>"]
            parts += [f"<p>{_stressed(paragraph)}</p>" for paragraph in part.paragraphs]
        foot = f'<p><small>{FOOT.format(self.telling.sign)}</small></p>'
        return "\n".join([*parts, "<h4>Key figures</h4>", glossary.page(self.table), foot])

    def markdown(self) -> str:
        """The case as Markdown, ready to be printed from any editor."""
        said = [f"# {self.telling.firm}", self.telling.lead]
        for part in self.telling.parts:
            said += [f"## {part.heading}", f"*{part.who}*", *part.paragraphs]
        names = list(self.table)
        rows = [names, ["---"] * len(names), *self.table.to_numpy().tolist()]
        figures = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return "\n\n".join([*said, "## Key figures", figures, FOOT.format(self.telling.sign)]) + "\n"

    def write(self, path: str | Path) -> Path:
        """Write the pages for a student, as .html or .md; they do not say which telling they are."""
        path = Path(path)
        if path.suffix not in (".html", ".md"):
            raise CrmlabError(
                "case: the pages are written as .html or .md.",
                f"Found '{path.name}'.",
                'Say write("case.html") or write("case.md").',
            )
        if path.suffix == ".md":
            return places.write(path, self.markdown())
        name = html.escape(self.telling.firm)
        return places.write(
            path,
            '<!doctype html>\n<html lang="en">\n<meta'
            f' charset="utf-8">\n<title>{name}</title>\n<style>{PRINT}</style>\n'
            f"<h1>{name}</h1>\n{self.page()}\n</html>\n",
        )

    def _repr_html_(self) -> str:
        return (
            f'<div class="{self._shape}"><p class="crm-title"><b>{html.escape(self.title)}</b></p>\n'
            f'<p class="crm-text">{html.escape(self.text())}</p>\n{self.page()}\n'
            f'<p class="crm-note"><small>{html.escape(self.note())}</small></p></div>'
        )

    def headline(self) -> dict:
        return {"figures": len(self.table), "parts": len(self.telling.parts), "arm": self.arm}


MISSING = "–"
PRINT = (
    "body{max-width:42em;margin:2em auto;padding:0 1em;font:11pt/1.45 Georgia,serif}h4{margin:1.4em 0 .2em}"
    "table{border-collapse:collapse;font-size:10pt}th,td{padding:.2em .6em;border-bottom:1px solid #ccc}"
    "@page{margin:15mm}@media print{body{max-width:none;margin:0;padding:0;font-size:9.5pt;line-height:1.3}}"
)


def _stressed(text: str) -> str:
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", html.escape(text, quote=False))


def case(arm: str = "rose") -> Case:
    """The case of an invented firm, for a class to assess with the short form.

    ``arm`` is ``"rose"`` or ``"fell"``, or the letter at the foot of the one or the other: the same case after
    a rise or a fall of profits, in two sentences.
    A student should read one and not know of the other (Staw 1975; Rosenzweig 2007); :func:`class_halo`
    then shows what the two sentences did. A row of the table is a key figure: ``figure``, ``unit``,
    ``before``, ``now``, ``source``, as written.

    Raises CrmlabError for an arm that does not exist.

    >>> case("fell").telling.parts[0].paragraphs[-1]
    'A profit that falls like this keeps me awake.'
    """
    arm = casebook.arm_of(arm) or arm
    telling = casebook.told(arm)
    table = casebook.figures()
    for name in ("before", "now"):
        table[name] = table[name].map(_written)
    return Case(
        title=TITLE.format(telling.firm),
        table=table,
        arm=arm,
        telling=telling,
        source={"title": "an invented firm, BSD-3-Clause"},
    )


def _written(value) -> str:
    if not isinstance(value, str) or not value:
        return MISSING
    return f"{int(value):,}" if value.isdigit() else str(np.format_float_positional(float(value)))
