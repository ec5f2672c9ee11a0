"""A guess made before the number was shown, laid beside the number."""

from crmlab.frame import picture
from crmlab.frame.glossary import number
from crmlab.frame.result import Caption, Result, kind


@kind
class Revealed(Result):
    """The guess, where one was made, and the estimate of the data."""

    label: str

    def _written(self, value: float) -> str:
        """Two decimals for a correlation or a share, none for points of a hundred."""
        return number(value, 0 if self.table["high"].max() > 2 else 2)

    def text(self) -> str:
        found = self.table.iloc[-1]
        known = found["low"] == found["low"]
        within = f"interval {self._written(found['low'])} to {self._written(found['high'])}" if known else "too few for an interval"
        said = f"The data say: {self._written(found['estimate'])}, {within}."
        if len(self.table) == 1:
            return f"{said} You have not guessed: next time, guess first; a number one has guessed at is remembered."
        guess = self.table.iloc[0]
        if guess["low"] <= found["estimate"] <= guess["high"]:
            wide = " It is so wide that it could hardly miss." if guess["high"] - guess["low"] > 1 else ""
            return f"{said} Your range {self._written(guess['low'])} to {self._written(guess['high'])} holds it.{wide}"
        side = "lower" if found["estimate"] < guess["low"] else "higher"
        return (f"{said} That is {side} than your range {self._written(guess['low'])} to {self._written(guess['high'])}. Ranges of "
                "90 % that miss are the rule, not the exception: most of us are too sure.")

    def caption(self) -> Caption:
        found = self.table.iloc[-1]
        guessed = len(self.table) == 2
        return Caption("Your guess, and what the data say" if guessed else "What the data say",
                       "90 % range given before the number was shown" if guessed else "no guess was made",
                       f"{self.label}: estimate {self._written(found['estimate'])} [{self._written(found['low'])}, "
                       f"{self._written(found['high'])}]" + (f", guess {self._written(self.table['low'].iloc[0])} to "
                                                      f"{self._written(self.table['high'].iloc[0])}" if guessed else ""))

    @property
    def size(self):
        return (7.2, 2.5)

    def draw(self, ax) -> None:
        found = self.table.iloc[-1]
        picture.span(ax, 1, found["estimate"], found["low"], found["high"])
        _beside(ax, found["estimate"], 1.42, f"the data: {self._written(found['estimate'])} "
                f"[{self._written(found['low'])}, {self._written(found['high'])}]", picture.ACCENT)
        if len(self.table) == 2:
            guess = self.table.iloc[0]
            ax.barh(0.25, guess["high"] - guess["low"], 0.24, guess["low"], color=picture.SECOND, alpha=0.4)
            _beside(ax, (guess["low"] + guess["high"]) / 2, -0.12, f"you were 90 % sure: {self._written(guess['low'])} to "
                    f"{self._written(guess['high'])}", picture.SECOND)
        ax.set_ylim(1.75, -0.45)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlim(min(-0.1, self.table["low"].min() - 0.05), max(1.0, 100.0 if self.table["high"].max() > 2 else self.table["high"].max() + 0.05))
        ax.axvline(0, color=picture.GREY, lw=1.2)
        ax.set_xlabel(self.label)

    def headline(self) -> dict:
        return {}


def _beside(ax, x: float, y: float, text: str, color: str) -> None:
    side = "right" if x > 0.75 else "left" if x < 0.25 else "center"
    ax.annotate(text, (x, y), ha=side, va="center", color=color)
