"""The second waist: one Result. Everything that leaves crmlab has a table, a sentence, a picture and a source."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple

import pandas as pd

from crmlab.frame import glossary, picture, places
from crmlab.frame.errors import CrmlabError
from crmlab.frame.record import as_json, spreadsheet_safe

kind = dataclass(frozen=True, eq=False, kw_only=True, repr=False)


class Caption(NamedTuple):
    """What stands above a picture, and what it says to those who cannot see it."""

    finding: str
    measure: str
    form: str = ""

    @property
    def alt(self) -> str:
        parts = (part.rstrip(".") for part in (self.finding, self.measure, self.form) if part)
        return " ".join(part if part.endswith("?") else f"{part}." for part in parts)


def unbroken(text: str) -> str:
    """Escaped text in which "n = 250" and "39 %" stay on one line."""
    return re.sub(r"(?<=\b[nrpβd]) (=|&lt;|&gt;) |(?<=\d) (?=%)", lambda m: f"\u00a0{m[1]}\u00a0" if m[1] else "\u00a0",
                  html.escape(text, quote=False))


class Sentence(str):
    """A sentence that shows itself as a sentence."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<p class="crm-answer">{unbroken(self)}</p>' if self else ""

    def figure(self) -> "Sentence":
        """Nothing, since a sentence has nothing to draw: so a cell may show the picture of whatever came back."""
        return Sentence()


class Heading(Sentence):
    """A name that a report takes for its title, such as that of the firm it speaks of."""

    def _repr_html_(self) -> str:
        return f'<p class="crm-heading"><b>{html.escape(self, quote=False)}</b></p>'


class Bullets(Sentence):
    """Lines that show themselves as a list; what stands before the first colon is strong."""

    def _repr_html_(self) -> str:
        lines = [unbroken(line).split(":", 1) for line in self.splitlines()]
        return f"<ul>{''.join(f'<li><strong>{name}:</strong>{said}</li>' for name, said in lines)}</ul>"


@kind
class Result:
    """What an analysis gives back.

    ``table`` is tidy and speaks the glossary; ``source`` is the provenance of the data; ``settings`` says how
    the numbers were made and so why another tool may differ. The fields are frozen, the frames in them are
    copies: change them freely.
    """

    title: str
    table: pd.DataFrame
    source: dict = field(default_factory=dict)
    settings: str = ""
    _shape: ClassVar[str] = "crm-result"

    def __post_init__(self):
        """No last binary digit of the table ranks a row, decides a tie or stands in a file."""
        floats = self.table.select_dtypes("float").columns if len(self.table) else []
        steady = self.table.assign(**{name: self.table[name].map(glossary.settled, na_action="ignore") for name in floats})
        object.__setattr__(self, "table", steady)

    def text(self) -> str:
        """One paragraph a manager can read."""
        raise NotImplementedError

    def answer(self) -> Sentence:
        """The one sentence for those who read no further."""
        finding = self.caption().finding
        return Sentence(finding if finding.endswith("?") else f"{finding}.")

    def caption(self) -> Caption:
        raise NotImplementedError

    def draw(self, ax) -> None:
        raise NotImplementedError

    def headline(self) -> dict:
        """At most ten numbers: what a batch of runs compares."""
        return {}

    @property
    def size(self) -> tuple[float, float]:
        return (7.2, 4.4)

    def figure(self) -> picture.Picture:
        """The picture, with alt text made from the same numbers."""
        caption = self.caption()
        with picture.style():
            fig, ax = picture.canvas(caption.finding, caption.measure, self.size)
            self.draw(ax)
        fig.alt = caption.alt
        return fig

    def note(self) -> str:
        """Where the numbers come from and how they were made, in small print."""
        return " · ".join(part for part in (source_line(self.source), self.settings) if part)

    def save(self, folder: str | Path) -> Path:
        """Write table.csv, result.json, text.txt, figure.png and figure.svg into the folder.

        A result that says something of each customer, in a frame ``customers``, also writes customers.csv.
        """
        folder, image = Path(folder), self.figure()
        places.write(folder / "table.csv", spreadsheet_safe(self.table).to_csv(index=False))
        customers = getattr(self, "customers", None)
        if isinstance(customers, pd.DataFrame):
            places.write(folder / "customers.csv", spreadsheet_safe(customers).to_csv(index="customer_id" not in customers))
        places.write(folder / "result.json", as_json(self.record()))
        places.write(folder / "text.txt", self.text() + "\n")
        for form in ("png", "svg") if image else ():  # a step with nothing to draw has no picture
            places.write(folder / f"figure.{form}", image.bytes(form))
        return folder

    @property
    def _printed(self) -> pd.DataFrame:
        """The rows of the table that a page shows; the files hold them all."""
        return self.table

    def record(self) -> dict:
        rows = self.table.astype(object).to_dict("records")
        return {"title": self.title, "headline": self.headline(), "table": rows, "text": self.text(),
                "settings": self.settings}

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        table = glossary.page(self._printed) if len(self._printed) else ""
        note = f'<p class="crm-note"><small>{html.escape(self.note())}</small></p>' if self.note() else ""
        return (f'<div class="{self._shape}"><p class="crm-title"><b>{html.escape(self.title)}</b></p>\n'
                f'<p class="crm-text">{unbroken(self.text())}</p>\n{table}\n{note}</div>')


UNRECORDED = "source not recorded"


def source_line(source: dict) -> str:
    """Title, licence and rows of the data behind a result, or the admission that nobody wrote them down."""
    if source.get("title", UNRECORDED) == UNRECORDED:
        return UNRECORDED
    rows, kept = source.get("rows_read"), source.get("rows_kept")
    parts = [f"Data: {source['title']}"]
    if source.get("sha256"):
        parts.append(f"sha256 {source['sha256'][:12]}")
    if rows is not None and kept is not None and rows != kept:
        parts.append(f"{kept:,} of {rows:,} rows kept")
    return ", ".join(parts)


def publish(**results: Result) -> None:
    """Save the named results for the report and the batch; silent and without effect in an open notebook."""
    for name, result in results.items():
        if not isinstance(result, Result):
            raise CrmlabError(f"publish: '{name}' is not a result.", f"It is of type {type(result).__name__}.",
                              "Give what an analysis returned, as in crm.publish(correlation=r).")
    folder = places.output()
    for order, (name, result) in enumerate(results.items()):
        if folder:
            result.save(folder / "results" / name)
            places.write(folder / "results" / name / "source.json",
                         as_json({"order": order, "provenance": result.source}))


@kind
class LeftOut(Result):
    """A step that these data do not allow, and why."""

    reason: str
    _shape: ClassVar[str] = "crm-result crm-left-out"

    def reveal(self, *pick) -> "LeftOut":
        """Itself: there is nothing to reveal."""
        return self

    compare = reveal

    def text(self) -> str:
        return f"Left out: {self.reason}."

    def caption(self) -> Caption:
        return Caption(f"{self.title.removesuffix('?')}: left out", self.reason)

    @property
    def size(self):
        return (7.2, 1.5)

    def draw(self, ax) -> None:
        ax.set_axis_off()
