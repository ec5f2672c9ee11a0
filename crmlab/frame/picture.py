"""The look: one house style for every picture, and a figure that shows itself once, with alt text."""

import base64
import io
import re
import textwrap
import unicodedata
from contextlib import contextmanager

import matplotlib as mpl
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from crmlab.frame import places

INK, GREY, FAINT, ACCENT, SECOND = "#1f2d3a", "#87929e", "#e6e9ec", "#c8553d", "#2a6f97"
QUIET = "#8fa3b5"
#: Okabe–Ito order for groups; the marker is the second cue for readers who do not see the colour.
GROUPS = ("#2a6f97", "#d17a22", "#3a8f6f", "#8a4f9e", "#b5a21d", "#5d5d5d")
MARKERS = ("o", "s", "^", "D", "v", "P")

LOOK = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,  # a group called "$5" is a word, not a formula
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.9,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "lines.solid_capstyle": "butt",
    "svg.fonttype": "path",  # letters as shapes: the same picture on every machine and in every reader
    "svg.hashsalt": "crmlab",
    "figure.dpi": 100,
}


LINE, PAD = 0.155, 0.2  # inches from one line of a label to the next, and between labels and the edge
MARGIN = 0.55  # share of the width that names may take


@contextmanager
def style():
    """The house style inside a ``with``; nothing outside it changes."""
    with mpl.rc_context({**sns.axes_style("whitegrid"), **LOOK}):
        yield


class Picture(Figure):
    """A figure free of pyplot: it shows itself once, as PNG in a notebook and also as SVG in a run."""

    alt = ""

    def bytes(self, form: str) -> bytes:
        """The picture as ``"png"`` or ``"svg"``; the same bytes each time."""
        sheet = io.BytesIO()
        stamp = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        with style():
            self.savefig(sheet, format=form, dpi=144, metadata=stamp)
        return sheet.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": self.alt, "image/png": base64.b64encode(self.bytes("png")).decode()}
        if places.output():
            bundle["image/svg+xml"] = self.bytes("svg").decode()
        return bundle, {"image/png": {"width": round(self.get_figwidth() * self.dpi)}}


def canvas(finding: str, measure: str, size=(7.2, 4.4), columns: int = 1, **grid):
    """An empty picture with the finding as its title and the measure below; returns it with its axes.

    The margins are set in inches, so that a title never depends on the height of the picture.
    """
    width, height = size
    finding, measure = (re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", worded(text)) for text in (finding, measure))
    title = _fitted(finding, width)
    under = textwrap.wrap(measure, int(width * 12.2))
    head = 0.24 + 0.24 * len(title) + 0.21 * len(under) + 0.12
    height += head - 0.81
    fig = Picture(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(fig)
    fig.text(0.12 / width, 1 - 0.12 / height, "\n".join(title), fontsize=13.5, fontweight="bold", va="top")
    fig.text(0.12 / width, 1 - (0.2 + 0.24 * len(title)) / height, "\n".join(under), fontsize=10, color=GREY,
             va="top")
    axes = fig.subplots(1, columns, **grid)
    fig.subplots_adjust(left=0.72 / width, right=1 - 0.2 / width, bottom=0.55 / height, top=1 - head / height)
    return fig, axes


def _fitted(finding: str, width: float) -> list[str]:
    """The title in lines that fit, since wide letters take more room than their number tells."""
    signs, font = int(width * 8.6), FontProperties(family=LOOK["font.family"], size=13.5, weight="bold")
    while True:
        lines = textwrap.wrap(finding, signs)
        longest = max(TextToPath().get_text_width_height_descent(line, font, False)[0] / 72 for line in lines or [""])
        if longest <= width - 0.2 or signs < 20:
            return lines
        signs -= 1


def worded(text: str) -> str:
    """The text with pictures of one sign, which the letters of a printed page do not have, as words.

    >>> worded("fans 🐘👍🏽")
    'fans (elephant)(thumbs up sign)'
    """
    text = re.sub("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d(?=[^\\w\\s])", "", str(text))  # only say how it is drawn
    return re.sub("[\U0001f000-\U0001faff]", lambda sign: f"({unicodedata.name(sign[0], 'sign').lower()})", text)


def shortened(name: str, width: int, lines: int, inches: float) -> str:
    """A name in lines of so many signs and inches, of which so many have room; dots stand for what is left out."""
    wrapped = textwrap.wrap(worded(name), width) or [" "]
    if len(wrapped) > lines:
        wrapped = [*wrapped[:lines - 1], f"{wrapped[lines - 1][:width - 2].rstrip()} …"]
    if _inches(wrapped) > inches and width > 8:
        return shortened(name, width - 2, lines, inches)
    return "\n".join(wrapped)


def _inches(lines) -> float:
    """How long the longest of these lines is on the vertical axis."""
    font = FontProperties(family=LOOK["font.family"], size=LOOK["ytick.labelsize"])
    widths = [TextToPath().get_text_width_height_descent(line, font, False)[0] for line in lines if line.strip()]
    return max(widths, default=0) / 72


def room_for_names(ax, names, inches: float = 0.085):
    """Widen the left margin until the longest name on the vertical axis fits."""
    fig, lines = ax.figure, [line for name in names for line in str(name).split("\n")]
    need = max(0.3 + inches * max(map(len, lines), default=0), _inches(lines) + PAD)
    fig.subplots_adjust(left=min(MARGIN, need / fig.get_figwidth()))


def fitting_names(ax, names, width: int = 34) -> list[str]:
    """Names as they fit beside so many rows, none over another and none beyond the page."""
    fig = ax.figure
    row = ax.get_position().height * fig.get_figheight() / max(len(names), 1)
    return [shortened(name, width, max(int(row / LINE), 1), MARGIN * fig.get_figwidth() - PAD) for name in names]


def names_down(ax, names, width: int = 34):
    """Write names down the vertical axis, first on top, wrapped, with room for them; what has no room in its row is cut."""
    wrapped = fitting_names(ax, names, width)
    ax.set_yticks(range(len(names)), wrapped)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    room_for_names(ax, wrapped)


def span(ax, y, estimate, low, high, color=ACCENT, marker="o", size=7):
    """An estimate with its interval on a horizontal line."""
    ax.plot([low, high], [y, y], color=color, linewidth=3, solid_capstyle="butt", zorder=3)
    ax.plot([estimate], [y], marker=marker, color=color, markersize=size, zorder=4, linestyle="none")


def room(values, below: float = 0.06, above: float = 0.07) -> tuple[float, float]:
    """Limits of an axis that leave some air around the values."""
    low, high = float(min(values)), float(max(values))
    return low - below * (high - low), high + above * (high - low)


def remark(ax, text: str, x: float, y: float, color=ACCENT):
    """A remark set at the thing, readable over points; x and y are shares of the axes, right-aligned."""
    ax.annotate(text, (x, y), xycoords="axes fraction", ha="right", color=color, fontsize=9.5, zorder=7,
                bbox=dict(facecolor="white", alpha=0.8, edgecolor="none", pad=1.5))


def reference(ax, x, label=None, color=GREY, style_="--"):
    """A vertical line with its label at the foot of the picture."""
    ax.axvline(x, color=color, linestyle=style_, linewidth=1.1, zorder=1)
    if label:
        ax.annotate(label, (x, 0.03), xycoords=("data", "axes fraction"), xytext=(5, 0), color=color,
                    textcoords="offset points", fontsize=9.5)


def line(label: str, color: str, width: float, dashes="-"):
    """A handle for the legend of a line."""
    return mpl.lines.Line2D([], [], color=color, lw=width, ls=dashes, label=label)
