"""What to offer to whom: a proposal for each class, to be tried against a control group."""

import textwrap
import tomllib
from functools import cache
from pathlib import Path

import pandas as pd
from matplotlib.patches import Rectangle

from crmlab.frame import picture
from crmlab.frame.errors import counted, listed, unknown
from crmlab.frame.result import Caption, Result, kind
from crmlab.portfolio.rows import called, plural

PARTS = ("product", "price", "service", "communication")
WIDE = 21  # letters a line in the picture


@kind
class Treatments(Result):
    """A row per class: what one might offer as product, price, service and communication."""

    name: str

    def text(self) -> str:
        word = called(self.table["class"])
        return (f"A different proposal for each of {counted(len(self.table), word, plural(word))} ({self.name}): "
                f"{listed(self.table['class'], 12, quote=False)}. All of them are crmlab rules, not findings. Each is a "
                f"hypothesis: give it to half of a {word}, drawn by lot, and compare with the other half before it is "
                "given to all.")

    def caption(self) -> Caption:
        return Caption(f"To each {called(self.table['class'])} its own proposal, to be tested",
                       f"{self.name} · crmlab rules; try each against a control group",
                       "; ".join(f"{row[1]}: {row.service}" for row in self.table.itertuples()))

    def _lines(self) -> list[int]:
        return [max(len(textwrap.wrap(row[part], WIDE)) for part in PARTS) for _, row in self.table.iterrows()]

    @property
    def size(self):
        return (7.2, 1.35 + sum(0.165 * lines + 0.16 for lines in self._lines()))

    def draw(self, ax) -> None:
        width, height = ax.figure.get_size_inches()
        ax.figure.subplots_adjust(left=0.12 / width, right=1 - 0.12 / width, bottom=0.1 / height)
        columns = [0.0, 0.14, 0.355, 0.57, 0.785]
        lines = self._lines()
        ax.set_xlim(0, 1)
        ax.set_ylim(sum(lines) + len(lines) * 0.97, -1.3)
        ax.set_axis_off()
        for at, part in zip(columns[1:], PARTS, strict=True):
            ax.annotate(part, (at, -0.5), va="center", fontsize=10, fontweight="bold", color=picture.SECOND)
        top = 0.0
        for place, (row, deep) in enumerate(zip(self.table.to_dict("records"), lines, strict=True)):
            high = deep + 0.97
            if place % 2 == 0:
                ax.add_patch(Rectangle((0, top), 1, high, facecolor=picture.FAINT, alpha=0.55, edgecolor="none"))
            ax.annotate(textwrap.fill(row["class"], 13), (0.008, top + high / 2), va="center", fontsize=9.5, fontweight="bold")
            for at, part in zip(columns[1:], PARTS, strict=True):
                ax.annotate(textwrap.fill(row[part], WIDE), (at, top + high / 2), va="center", fontsize=8.5, linespacing=1.2)
            top += high

    def headline(self) -> dict:
        return {"classes": len(self.table)}


@cache
def _book() -> dict:
    return tomllib.loads((Path(__file__).parent / "treatments.toml").read_text(encoding="utf-8"))


def treatments(system: str) -> Treatments:
    """A differentiated proposition per class: product, price, service, communication.

    ``system`` is "reinartz_kumar", "customer_pyramid" or "rfm" (the named segments). All lines are crmlab rules
    in our own words, readable in ``treatments.toml``; none is a finding.

    Raises CrmlabError for a system without proposals.

    >>> treatments("customer_pyramid").table["class"].tolist()
    ['platinum', 'gold', 'iron', 'lead']
    """
    if system not in _book():
        raise unknown("set of proposals", system, "The book", _book())
    spec = dict(_book()[system])
    name = spec.pop("name")
    table = pd.DataFrame([{"class": key, **{part: row[part] for part in PARTS}} for key, row in spec.items()])
    return Treatments(title=f"{name}: what to offer to whom", table=table, source={"title": "crmlab rules"}, name=name,
                      settings="proposals in our own words; no effect is promised")
