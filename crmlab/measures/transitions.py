"""From one class to another: shares of the same customers at two times, and where they would settle."""

from typing import ClassVar

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.frame import picture, stats
from crmlab.frame.glossary import percent
from crmlab.frame.result import Result, kind

FEW = 20  # crmlab rule: shares out of fewer customers are shown and not spoken of


@kind
class Transitions(Result):
    """A row per class before and after; ``customers`` has both classes of each, ``steady`` the long run.

    ``names`` are the classes in their order; ``dates`` the two times as words.
    """

    dates: tuple
    customers: pd.DataFrame
    steady: dict
    n: int
    names: tuple
    _noun: ClassVar[str] = "class"

    @property
    def matrix(self) -> pd.DataFrame:
        """Shares of each class before (rows) that are in each class after (columns)."""
        wide = self.table.pivot(index="class", columns="to", values="share")
        return wide.reindex(index=[r for r in self.names if r in wide.index],
                            columns=[r for r in self.names if r in wide.columns])

    @property
    def _printed(self) -> pd.DataFrame:
        return self.table[self.table["customers"] > 0]

    def _long_run(self) -> str:
        return ", ".join(f"{percent(share)} {name}" for name, share in self.steady.items() if share >= 0.005)

    def _form(self) -> str:
        """What the picture shows, for those who cannot see it."""
        cells = "; ".join(f"{row[1]} to {row.to} {percent(row.share)}"
                          for row in self.table.itertuples() if row.share >= 0.1)
        return f"Of those before, after: {cells}"

    @property
    def size(self):
        return (7.2, 1.7 + 0.5 * len(self.matrix))

    def draw(self, ax) -> None:
        matrix = self.matrix
        numbers = matrix.map(lambda share: percent(share) if share >= 0.005 else "")
        sns.heatmap(matrix.fillna(0), ax=ax, cmap=sns.light_palette(picture.SECOND, as_cmap=True), cbar=False, vmin=0,
                    vmax=1, linewidths=1.5, annot=numbers, fmt="", annot_kws={"fontsize": 10}, yticklabels=False)
        names = picture.fitting_names(ax, matrix.index)
        picture.room_for_names(ax, names)
        ax.set_yticks(np.arange(len(matrix)) + 0.5, names, rotation=0)
        ax.set_xticklabels(matrix.columns, rotation=0)
        ax.tick_params(length=0)
        ax.set_xlabel(f"{self._noun}, {self.dates[1]} (rows: {self.dates[0]})")
        ax.set_ylabel("")


def rows(before: pd.Series, after: pd.Series, names, alpha: float = 0.05) -> pd.DataFrame:
    """A row per class before and after: customers, share of those before, Wilson's (1927) interval.

    >>> rows(pd.Series(["a", "a", "b"]), pd.Series(["a", "b", "b"]), ("a", "b"))[["class", "to", "share"]].values.tolist()
    [['a', 'a', 0.5], ['a', 'b', 0.5], ['b', 'a', 0.0], ['b', 'b', 1.0]]
    """
    counts, out = pd.crosstab(before, after), []
    for here in (name for name in names if name in counts.index):
        size = int(counts.loc[here].sum())
        for there in (name for name in names if name in counts.columns):
            count = int(counts.loc[here, there])
            low, high = stats.wilson(count / size, size, 1 - alpha)
            out.append({"class": here, "to": there, "customers": count, "share": count / size, "low": low, "high": high})
    return pd.DataFrame(out)


def steady(before: pd.Series, after: pd.Series, names) -> dict[str, float]:
    """Where a chain with these shares settles; empty where a class was left by nobody who could come back.

    >>> steady(pd.Series(["a", "a", "b", "b"]), pd.Series(["a", "b", "a", "a"]), ("a", "b"))
    {'a': 0.6666666666666666, 'b': 0.3333333333333333}
    """
    names = [name for name in names if name in set(before)]
    if set(after) - set(names):
        return {}
    shares = pd.crosstab(before, after, normalize="index").reindex(index=names, columns=names, fill_value=0.0).to_numpy()
    values, vectors = np.linalg.eig(shares.T)
    if np.sum(np.abs(values - 1) < 1e-9) != 1:
        return {}
    vector = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    return dict(zip(names, map(float, vector / vector.sum() + 0.0), strict=True))
