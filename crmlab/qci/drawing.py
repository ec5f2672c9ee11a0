"""What the pictures of this room share: names down, points across, numbers at the right, a key below."""

import textwrap

import numpy as np

from crmlab.frame import picture

FOOT = 0.92  # inches below the axis, for its numbers and two lines of key


def down(
    ax, names, key: str, numbers=None, strong: int | None = None, gap: str = "", below: float = 0
) -> None:
    """Names, an axis of points, and the key of the signs in words.

    ``strong`` is the row that the sentence is about, ``gap`` what stands where there is no number, ``below``
    the inches kept free at the foot.
    """
    fig = ax.figure
    picture.names_down(ax, names, 20)
    fig.subplots_adjust(
        right=0.93 if numbers is not None else 0.97, bottom=(FOOT + below) / fig.get_figheight()
    )
    ax.set_xlim(-2, 102)
    for place, number in enumerate([] if numbers is None else numbers):
        if np.isfinite(number):
            at_right(ax, place, f"{number:.0f}", strong=place == strong)
        else:
            ax.annotate(gap, (1, place), va="center", color=picture.GREY, style="italic")
    fig.text(
        0.12 / fig.get_figwidth(),
        (0.1 + below) / fig.get_figheight(),
        textwrap.fill(f"Points. {key}", 96),
        fontsize=9.5,
        color=picture.INK,
        va="bottom",
        linespacing=1.35,
    )


def at_right(ax, place: int, text: str, strong: bool = False, gap: float = 6) -> None:
    """A number written beside a row, ``gap`` points to the right of the axes."""
    ax.annotate(text, (1, place), (gap, 0), xycoords=("axes fraction", "data"), va="center",
                textcoords="offset points", fontweight="bold" if strong else "normal")
