"""The matrices as the textbooks print them: two cuts and four corners, and a pyramid with its tiers."""

import numpy as np
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from crmlab.frame import picture, stats
from crmlab.frame.glossary import percent
from crmlab.measures import rules
from crmlab.measures.systems.inputs import OF_THE_ROWS, short

SKEWED = 2.0  # crmlab rule: money more skewed than this is drawn on a logarithmic axis
MOST = 3000  # points that are drawn; of more, a sample
TONES = (picture.SECOND, picture.GROUPS[1], picture.GROUPS[2], picture.QUIET)
METALS = {"platinum": "#b9c7d3", "gold": "#dcb95a", "iron": "#7d8b99", "lead": "#4b545e"}


def form_of(system) -> str:
    """How a system is drawn: as four quadrants, as a pyramid, or (nothing) as bars."""
    if len(system.cuts) == 1 and all(OF_THE_ROWS.fullmatch(str(cut)) for spec in system.cuts.values()
                                     for cut in spec.values()):
        return "pyramid"
    pairs = {tuple(c.sign for c in sorted(rule.when, key=lambda c: system.columns.index(c.column)))
             for rule in system.rules if len(rule.when) == 2 and all(c.against == "high" for c in rule.when)}
    whole = len(system.columns) == 2 and len(system.rules) == len(system.classes) == 4
    return "quadrants" if whole and pairs == {(a, b) for a in (">=", "<") for b in (">=", "<")} else ""


def axis(source: dict, name: str) -> dict:
    """What a column is called on an axis, and whether its numbers stand there without their minus."""
    return source.get("axes", {}).get(name, {"label": name.replace("_", " "), "turned": False})


# ---- four quadrants ---------------------------------------------------------------------------------------


def quadrants(ax, found) -> None:
    """The first input upwards, the second to the right, both cuts with their values, and who stands where."""
    up, right = found.system.columns
    values = found.values[(found.customers["class"] != "not known").to_numpy()]
    at = {name: rules.edge(values[name], found.cuts[name]) for name in (up, right)}
    corners = {tuple(c.sign == ">=" for c in sorted(rule.when, key=lambda c: c.column != up)): rule.gives
               for rule in found.system.rules}
    _scale(ax.yaxis, ax.set_yscale, values[up])
    _scale(ax.xaxis, ax.set_xscale, values[right])
    _points(ax, found, values, up, right)
    _limits(ax, values, at, up, right)
    for way, draw in ((up, ax.axhline), (right, ax.axvline)):
        draw(at[way], color=picture.ACCENT, lw=1.5, ls="--", zorder=4)
    tones = dict(zip(found.system.classes, TONES, strict=True))
    longest = max(len(word.get_text()) for word in ax.get_yticklabels())
    ax.figure.subplots_adjust(left=(0.5 + 0.085 * longest) / ax.figure.get_figwidth())
    for (top, east), name in corners.items():
        _corner(ax, found.known.set_index("class").loc[name], tones[name], top, east, found)
    _named(ax, found, at, up, right)


def _scale(axis_, set_scale, values) -> None:
    """Money that few have much of is drawn on a logarithmic axis, straight around 0 where some have none."""
    if abs(stats.skewness(values)) <= SKEWED or values.max() <= 0:
        return
    if values.min() > 0:
        set_scale("log")
        axis_.set_major_formatter(lambda value, _: short(value))
        return
    small = float(np.quantile(values[values > 0], 0.01))
    set_scale("symlog", linthresh=small, linscale=0.4)
    powers = 10.0 ** np.arange(np.ceil(np.log10(small)), 1 + np.log10(values.abs().max()))
    axis_.set_major_locator(FixedLocator([*-powers[powers <= -values.min()], 0, *powers]))
    axis_.set_minor_locator(NullLocator())
    axis_.set_major_formatter(lambda value, _: short(value).replace("-", "−"))


def _points(ax, found, values, up: str, right: str) -> None:
    chance = stats.rng(1, "jitter")
    some = np.arange(len(values)) if len(values) <= MOST else chance.permutation(len(values))[:MOST]
    tones = dict(zip(found.system.classes, TONES, strict=True))
    classes = found.customers["class"][(found.customers["class"] != "not known").to_numpy()].to_numpy()
    x, y = (_shaken(values[name].to_numpy(float), chance) for name in (right, up))
    ax.scatter(x[some], y[some], s=15, color=[tones[name] for name in classes[some]], linewidth=0, zorder=2,
               alpha=0.6 if len(values) <= 400 else 0.3)


def _shaken(values: np.ndarray, chance) -> np.ndarray:
    """Values shaken by less than half a step where many are equal."""
    seen = np.unique(values)
    if len(seen) < 2 or len(seen) > len(values) / 3:
        return values
    return values + chance.uniform(-0.3, 0.3, len(values)) * np.diff(seen).min()


def _limits(ax, values, at: dict, up: str, right: str) -> None:
    """Air around the points, and room in every corner for its name, however far out a cut lies."""
    for name, axis_, set_, air, least in ((right, ax.xaxis, ax.set_xlim, 0.07, 0.28), (up, ax.yaxis, ax.set_ylim, 0.25, 0.25)):
        scale = axis_.get_transform()
        low, high, cut = scale.transform(np.array([values[name].min(), values[name].max(), at[name]], float))
        low, high = picture.room((min(low, cut), max(high, cut, low + 1e-9)), air, air)
        share = least / (1 - least)
        low, high = min(low, cut - share * (high - cut)), max(high, cut + share * (cut - low))
        set_(*scale.inverted().transform(np.array([low, high])))


def _corner(ax, row, tone: str, top: bool, east: bool, found) -> None:
    said = [f"{percent(row['share'])} of {found.system.unit}s"]
    if found.worth:
        said.append(f"{percent(row['value_share'])} of {found.money}".replace("-", "−"))
    place = dict(xy=(0.985 if east else 0.015, 1 if top else 0), xycoords="axes fraction", textcoords="offset points",
                 ha="right" if east else "left", va="top" if top else "bottom", zorder=6,
                 bbox=dict(facecolor="white", alpha=0.85, edgecolor="none", pad=1))
    ax.annotate(row.name, xytext=(0, -4 if top else 5 + 13.5 * len(said)), fontsize=11.5, fontweight="bold",
                color=_dark(tone), **place)
    ax.annotate("\n".join(said), xytext=(0, -20 if top else 4), fontsize=9.5, color=picture.INK, linespacing=1.25, **place)


def _dark(tone: str) -> str:
    return picture.INK if tone == picture.QUIET else tone


def _named(ax, found, at: dict, up: str, right: str) -> None:
    for name, set_label, axis_ in ((right, ax.set_xlabel, ax.xaxis), (up, ax.set_ylabel, ax.yaxis)):
        spec = axis(found.source, name)
        set_label(spec["label"] + (", fewer to the right" if spec["turned"] and name == right else ""))
        if spec["turned"]:
            axis_.set_major_formatter(lambda value, _: short(abs(value)))
    shown = {name: short(abs(found.cuts[name]) if axis(found.source, name)["turned"] else found.cuts[name]).replace("-", "−")
             for name in (up, right)}
    box = dict(facecolor="white", alpha=0.85, edgecolor="none", pad=1)
    ax.annotate(f"cut {shown[right]}", (at[right], 1), (0, 3), xycoords=("data", "axes fraction"), ha="center", va="bottom",
                textcoords="offset points", color=picture.ACCENT, fontsize=9.5)
    ax.annotate(f"cut {shown[up]}", (0.985, at[up]), (0, 3), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                textcoords="offset points", color=picture.ACCENT, fontsize=9.5, bbox=box, zorder=6)


# ---- the pyramid ------------------------------------------------------------------------------------------


CENTRE, HALF, BARS, LAST = 0.425, 0.185, 0.73, 0.915  # across the sheet: the triangle, where bars begin and end
THIN = 0.07  # a slice thinner than this cannot be labelled; then all are drawn equally high


def pyramid(ax, found) -> None:
    """Tiers as slices of a triangle, the area of each its share of customers; beside it its share of the value."""
    rows = found.known
    floors = _floors(rows["share"].to_numpy(float))
    if not np.allclose(np.diff(floors), 1 / len(rows)):
        said = f"area: share of {found.system.unit}s"
    else:
        said = "not to scale"
    bars = rows["value_share"].to_numpy(float) if found.worth else np.full(len(rows), np.nan)
    for row, bar, top, foot in zip(rows.itertuples(), bars, floors[:-1], floors[1:], strict=True):
        shade, middle = METALS.get(row[1], picture.QUIET), (top + foot) / 2
        ax.add_patch(Polygon([(CENTRE + side * HALF * depth, depth) for side, depth in
                              ((-1, top), (1, top), (1, foot), (-1, foot))],
                             closed=True, facecolor=shade, edgecolor="white", lw=2, zorder=3))
        ax.plot([0, LAST], [foot, foot], color=picture.FAINT, lw=0.9, zorder=1)
        ax.annotate(row[1], (0, middle), va="center", fontsize=12, fontweight="bold", zorder=4)
        ax.annotate(percent(row.share), (0.215, middle), ha="right", va="center", fontsize=12, zorder=4)
        if np.isfinite(bar):
            _bar(ax, bar, bars, middle, min(0.62 * (foot - top), 0.13), shade)
    _cut_values(ax, found, floors)
    heads = [(0.215, f"of {found.system.unit}s", "right"), (_base(bars), f"of the {found.money}", "left")]
    for x, words, side in heads if np.isfinite(bars).any() else heads[:1]:
        ax.annotate(words, (x, -0.03), ha=side, va="bottom", fontsize=9.5, color=picture.GREY)
    ax.annotate(said, (CENTRE, 1.03), ha="center", va="top", fontsize=9.5, color=picture.GREY)
    ax.set_xlim(0, 1)
    ax.set_ylim(1.1, -0.1)
    ax.set_axis_off()
    width = ax.figure.get_figwidth()
    ax.figure.subplots_adjust(left=0.2 / width, right=1 - 0.1 / width, bottom=0.12 / ax.figure.get_figheight())


def _floors(shares: np.ndarray) -> np.ndarray:
    """Depths at which a triangle of height 1 is cut into slices with these areas, or into equal heights."""
    floors = np.sqrt(np.append(0, np.cumsum(shares)).clip(0, 1))
    return floors if np.diff(floors).min() >= THIN else np.linspace(0, 1, len(shares) + 1)


def _base(bars: np.ndarray) -> float:
    """Where bars begin: further right where a tier costs more than it brings."""
    low, high = np.nanmin([0, *bars]), np.nanmax([1e-9, *bars])
    return BARS + (LAST - BARS) * -low / (high - low)


def _bar(ax, bar: float, bars: np.ndarray, middle: float, high: float, shade: str) -> None:
    long = (LAST - BARS) / (max(np.nanmax(bars), 0) - min(np.nanmin(bars), 0) or 1)
    base = _base(bars)
    ax.add_patch(Rectangle((base, middle - high / 2), bar * long, high, facecolor=shade, edgecolor="none", zorder=3))
    ax.annotate(percent(bar).replace("-", "−"), (base + max(bar, 0) * long, middle), (5, 0), textcoords="offset points",
                va="center", fontsize=12)


def _cut_values(ax, found, floors: np.ndarray) -> None:
    """At each border between tiers, the value at which the upper one begins; below 0 all is lead."""
    cuts = found.cuts[found.system.columns[0]]
    for cut, depth in zip(reversed(cuts), floors[1:-1], strict=False):
        ax.annotate(f"from {short(max(cut, 0))}", (CENTRE + HALF * depth, depth), (7, 2), textcoords="offset points",
                    va="bottom", color=picture.ACCENT, fontsize=9.5, zorder=4)
