"""Boxes, gauges and arrows of a drawing, in inches from its upper left corner; words are measured first."""

from functools import cache
from typing import NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.textpath import TextToPath

from crmlab.frame.picture import ACCENT, GREY, INK, SECOND

WIDTH = 5.2  # of the sheet: ten points stay ten pixels on a phone
EDGE = 0.12
INSIDE = WIDTH - 2 * EDGE
NAME, SMALL = 10.5, 9.5
LINE = 0.17  # height of a line of small words
GROUND, FILL, LOW, HATCH, CALM, DEEP = "#eef3f7", "#b9d3e4", "#f0c8bd", "#dde3e8", "#46525d", "#9c3722"
UNKNOWN = "not assessed"


class Box(NamedTuple):
    """A place on the sheet for a part."""

    key: str
    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def foot(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2


class Words(NamedTuple):
    """What stands in a box: the name, a few words below, the number, and whether it is the one to look at."""

    name: str
    below: str = ""
    value: float | None = None
    rated: bool = False
    lowest: bool = False


@cache
def _ruler():
    return TextToPath()


@cache
def long(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of words in inches, as wide as a screen of a hundred dots an inch makes it."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return 1.03 * _ruler().get_text_width_height_descent(text, font, ismath=False)[0] / 72


def wrapped(text: str, inches: float, size: float, weight: str = "normal") -> list[str]:
    """The words in lines that fit; a word longer than a line keeps a line of its own."""
    lines = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and long(longer, size, weight) <= inches:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def sheet(ax, height: float) -> None:
    """Let the axes fill the sheet below the title, one unit an inch, downward."""
    fig = ax.figure
    fig.subplots_adjust(left=EDGE / fig.get_figwidth(), right=1 - EDGE / fig.get_figwidth(),
                        bottom=EDGE / fig.get_figheight())
    ax.set_xlim(0, INSIDE)
    ax.set_ylim(height, 0)
    ax.set_axis_off()


def size(height: float) -> tuple[float, float]:
    """Size of the sheet for a drawing of this height; the rest is what ``canvas`` keeps for its margins."""
    return WIDTH, height + 0.81 + EDGE


def shape(ax, box: Box, face="white", edge=SECOND, width=1.1, style="-", corner=0.05, z=1, **more):
    """A box with round corners; returns its patch, to clip a filling by."""
    patch = FancyBboxPatch((box.x + corner, box.y + corner), box.w - 2 * corner, box.h - 2 * corner,
                           boxstyle=f"round,pad={corner}", facecolor=face, edgecolor=edge, linewidth=width,
                           linestyle=style, zorder=z, **more)
    return ax.add_artist(patch)


def ground(ax, box: Box, words: Words, edge=SECOND, z=2) -> None:
    """The box itself: plain, filled like a gauge, or hatched where nothing is known."""
    if not words.rated:
        shape(ax, box, GROUND, edge, z=z)
        return
    if words.value is None:
        shape(ax, box, "white", HATCH, z=z, hatch="///")
        shape(ax, box, "none", edge, z=z + 0.2)
        return
    patch = shape(ax, box, "white", ACCENT if words.lowest else edge, 1.6 if words.lowest else 1.1, z=z)
    level = Rectangle((box.x, box.y), box.w * words.value / 100, box.h, color=LOW if words.lowest else FILL,
                      linewidth=0, zorder=z + 0.1)
    ax.add_artist(level)
    level.set_clip_path(patch)
    shape(ax, box, "none", ACCENT if words.lowest else edge, 1.6 if words.lowest else 1.1, z=z + 0.2)


def say(ax, x, y, text, size=NAME, weight="normal", color=INK, ha="left", **more) -> None:
    ax.text(x, y, text, **{"fontsize": size, "fontweight": weight, "color": color, "ha": ha, "va": "center",
                           "zorder": 5, **more})


def number(words: Words) -> str:
    return UNKNOWN if words.value is None else f"{words.value:.0f}"


def score(ax, x: float, y: float, words: Words, ha="right") -> None:
    """The number, or that there is none, at a point of the box."""
    if not words.rated:
        return
    if words.value is None:
        say(ax, x, y, UNKNOWN, SMALL, color=CALM, ha=ha, fontstyle="italic")
    else:
        say(ax, x, y, number(words), 12, "bold", DEEP if words.lowest else INK, ha=ha)


def arrow(ax, start, end, color=SECOND, width=2.2, head=13, z=3) -> None:
    ax.add_artist(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=head, color=color,
                                  linewidth=width, shrinkA=0, shrinkB=0, joinstyle="miter", zorder=z))


def line(ax, xs, ys, color=GREY, width=1.1, z=1.5, **more) -> None:
    ax.plot(xs, ys, color=color, linewidth=width, zorder=z, **more)


def disc(ax, x: float, y: float, radius: float, color=SECOND, z=2.5) -> None:
    ax.add_artist(Circle((x, y), radius, facecolor=color, edgecolor="none", zorder=z))


def beam(ax, y: float, left: float, right: float, posts: list[Box]) -> None:
    """What the boxes below carry: a line, with an arrow up to it from each."""
    line(ax, [left, right], [y, y], CALM, 3, z=2)
    for box in posts:
        arrow(ax, (box.middle[0], box.y), (box.middle[0], y + 0.02), CALM, 1.6, 10)
