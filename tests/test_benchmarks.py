"""The benchmark itself is sound: its peers are given a log that they can agree on (make benchmark times them)."""

import sys
from importlib import util
from pathlib import Path

import numpy as np
import pytest

import crmlab as crm

FOLDER = Path(__file__).parent.parent / "benchmarks"


def opened(name: str):
    spec = util.spec_from_file_location(f"benchmarked_{name}", FOLDER / f"{name}.py")
    module = sys.modules[spec.name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def benchmark():
    return opened("customer_summary")


def test_a_class_is_timed_and_no_number_is_invented():
    grading = opened("grading")
    ours = grading.crmlab_marks(2, kept=False)
    assert (ours["marks"] > 0).all() and (ours["marks"] < ours["marks and pages"]).all()
    page = grading.page([{"marks": np.array([2.0, 3.0])}] * 3, [ours], [])
    assert "| crmlab, truths kept by handout: marks | 1,000 | 2.0 | 2.0 to 2.0 | 2 | 3 |" in page
    assert "nbgrader is not installed here, so nothing is said of its time." in page and "| nbgrader" not in page


def test_methods_agree_on_a_small_log(benchmark):
    log = benchmark.simulated(2_000, 300)
    assert len(log) == 2_000 and log["customer_id"].nunique() == 300 and log["date"].is_monotonic_increasing
    mine, theirs = crm.customer_summary(log), benchmark.pandas_summary(log)
    assert benchmark.difference(mine, theirs) < 1e-12
    assert benchmark.difference(mine, theirs.assign(repeats=theirs["repeats"] + 1)) == 1


def test_the_race_has_a_row_per_method(benchmark, tmp_path, monkeypatch):
    ours = {name: benchmark.METHODS[name] for name in ("crmlab", "pandas, two groupbys")}
    monkeypatch.setattr(benchmark, "METHODS", ours)
    log = benchmark.simulated(500, 100)
    log.to_parquet(tmp_path / "log.parquet")
    table = benchmark.raced(tmp_path / "log.parquet", 1).assign(megabytes=1.0)
    assert table["method"].tolist() == list(ours) and table["wall"].iloc[0] == table["work"].iloc[0] == 1
    section = benchmark.described("A shop", log, table)
    assert section.startswith("## A shop: 500 lines, 100 customers") and section.count("\n| ") == 3
