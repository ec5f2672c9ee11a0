"""What every public analysis promises, for the tests that hold one to it."""

import json
import re

import pandas as pd

from crmlab.frame import glossary
from crmlab.frame.record import as_json, plain
from crmlab.frame.result import Result


def holds(analysis, table: pd.DataFrame) -> Result:
    """A Result that speaks the glossary, says the same twice and of its rows in another order, draws within its sheet
    and leaves its input alone."""
    before, attrs = table.copy(deep=True), dict(table.attrs)
    result, again = analysis(table), analysis(table)
    if len(table):
        assert said(analysis(dealt(table))) == said(result)
    pd.testing.assert_frame_equal(table, before)
    assert table.attrs == attrs
    assert isinstance(result, Result)
    assert set(result.table.columns) <= set(glossary.COLUMNS)
    assert result._repr_html_() == again._repr_html_() and "<script" not in result._repr_html_()
    assert result.text().endswith(".") and "nan" not in result.text().lower().split()
    assert not re.search(r"  |\.\.|\bNone\b", result.text())
    head = result.headline()
    assert len(head) <= 10
    json.dumps(plain(head), allow_nan=False)
    picture, twin = result.figure(), again.figure()
    assert picture.alt.endswith(".") and len(picture.alt) > 30
    assert picture.bytes("svg") == twin.bytes("svg")
    assert picture.bytes("png")[:4] == b"\x89PNG"
    inside(picture)
    return result


def dealt(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """The same rows in another order."""
    other = table.sample(frac=1, random_state=seed).reset_index(drop=True)
    other.attrs = dict(table.attrs)
    return other


def said(result: Result) -> dict:
    """Everything a reader or a batch of runs gets to see, pictures by their alt text; customers in any order."""
    rows = getattr(result, "customers", None)
    rows = sorted(map(as_json, rows.to_dict("records"))) if isinstance(rows, pd.DataFrame) else []
    return {"text": result.text(), "headline": as_json(result.headline()), "html": result._repr_html_(),
            "record": as_json(result.record()), "alt": result.caption().alt, "customers": rows}


def inside(picture) -> None:
    """Everything drawn lies on the sheet; a hundredth of an inch is forgiven."""
    drawn = picture.get_tightbbox(picture.canvas.get_renderer())
    assert drawn.x0 > -0.01 and drawn.y0 > -0.01
    assert drawn.x1 < picture.get_figwidth() + 0.01 and drawn.y1 < picture.get_figheight() + 0.01
