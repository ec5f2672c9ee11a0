"""What the pictures of this room share: names down, points across, numbers at the right, a key below."""

import textwrap

import numpy as np

from crmlab.frame import picture

WIDTH = 5.2  # inches: ten points stay ten pixels on a phone, and nearly ten points on paper


def down(
    ax, names, key: str, numbers=None, strong: tuple | list = (), gap: str = "", below: float = 0
) -> None:
    """Names, an axis of points, and the key of the signs in words.

    ``strong`` are the rows that the sentence is about, ``gap`` what stands where there is no number, ``below``
    the inches kept free at the foot.
    """
    fig = ax.figure
    picture.names_down(ax, names, 20)
    fig.subplots_adjust(right=1 - (0.5 if numbers is not None else 0.2) / fig.get_figwidth())
    explain(fig, f"Points. {key}", below)
    ax.set_xlim(-2, 102)
    for place, number in enumerate([] if numbers is None else numbers):
        if np.isfinite(number):
            at_right(ax, place, f"{number:.0f}", strong=place in strong)
        else:
            ax.annotate(gap, (1, place), va="center", color=picture.GREY, style="italic")


def explain(fig, key: str, below: float = 0) -> None:
    """The key in words at the foot, as many lines as it takes, with the axes above them."""
    lines = textwrap.wrap(key, int(13.3 * fig.get_figwidth()))
    label = 0.16 if any(ax.get_xlabel() for ax in fig.axes) else 0
    fig.subplots_adjust(bottom=(0.52 + label + 0.2 * len(lines) + below) / fig.get_figheight())
    fig.text(
        0.12 / fig.get_figwidth(),
        (0.1 + below) / fig.get_figheight(),
        "\n".join(lines),
        fontsize=9.5,
        va="bottom",
        linespacing=1.35,
    )


def at_right(ax, place: int, text: str, strong: bool = False, gap: float = 6) -> None:
    """A number written beside a row, ``gap`` points to the right of the axes."""
    ax.annotate(text, (1, place), (gap, 0), xycoords=("axes fraction", "data"), va="center",
                textcoords="offset points", fontweight="bold" if strong else "normal")
