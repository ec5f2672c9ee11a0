"""The customer summary beside its peers: time, memory and whether the answers agree (make benchmark).

In one process the methods take turns, round by round, and each time is divided by that of crmlab in the same round, so
that a busy machine slows all of them alike; the median of these ratios is printed, for the clock on the wall and for
the work of all processors together. Memory is measured in a process of its own for each method.
"""

import argparse
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import distribution, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import crmlab as crm
from crmlab.frame import stats

HERE = Path(__file__).parent
LINES, CUSTOMERS, DAYS = 5_000_000, 500_000, 546
ROUNDS = {"CDNOW, master file": 15, "simulated, ids are numbers": 3, "simulated, ids are text": 3}
COUNTS = ["repeats", "active_days", "age_days"]
PACKAGES = ["numpy", "pandas", "lifetimes", "polars", "duckdb", "ibis-framework"]
DUCKDB = """
    WITH days AS (SELECT customer_id, date, sum(amount) AS spent FROM log GROUP BY ALL)
    SELECT customer_id, count(*) - 1 AS repeats, date_diff('day', min(date), max(date)) AS active_days,
           date_diff('day', min(date), (SELECT max(date) FROM log)) AS age_days,
           (sum(spent) - arg_min(spent, date)) / nullif(count(*) - 1, 0) AS mean_value
    FROM days GROUP BY customer_id"""


class Method(NamedTuple):
    """How a method loads a log, and how it summarises what it has loaded."""

    load: Callable
    run: Callable


def cdnow() -> pd.DataFrame:
    """The master file of CDNOW as the wheel of lifetimes carries it (read as a file: its loader is broken)."""
    file = distribution("lifetimes").locate_file("lifetimes/datasets/CDNOW_master.txt")
    log = pd.read_csv(file, sep=r"\s+", header=0, names=["customer_id", "date", "cds", "amount"], dtype={0: str, 1: str})
    return log.assign(date=pd.to_datetime(log["date"], format="%Y%m%d")).drop(columns="cds")


def simulated(lines: int, customers: int) -> pd.DataFrame:
    """A log in order of date: everyone buys once, the rest falls to those with a taste for it."""
    chance = stats.rng(1, "a log to be timed")
    taste = np.cumsum(chance.gamma(0.6, size=customers))
    further = np.searchsorted(taste, chance.uniform(0, taste[-1], lines - customers))
    date = np.datetime64("2023-01-01") + np.sort(chance.integers(0, DAYS, lines))
    return pd.DataFrame({"customer_id": chance.permutation(np.concatenate([np.arange(customers), further])),
                         "date": date.astype("M8[us]"), "amount": chance.gamma(2, 15, lines).round(2)})


def lifetimes_summary(log: pd.DataFrame) -> pd.DataFrame:
    from lifetimes.utils import summary_data_from_transaction_data

    table = summary_data_from_transaction_data(log, "customer_id", "date", "amount")
    return table.reset_index().set_axis(["customer_id", *COUNTS, "mean_value"], axis=1)


def pandas_summary(log: pd.DataFrame) -> pd.DataFrame:
    daily = log.groupby(["customer_id", "date"], sort=False)["amount"].sum().reset_index()
    by = daily.groupby("customer_id", sort=False)
    first = by["date"].transform("min")
    table = by["date"].agg(["size", "min", "max"])
    repeated = daily["amount"].where(daily["date"] > first, 0.0).groupby(daily["customer_id"], sort=False).sum()
    repeats = table["size"] - 1
    return pd.DataFrame({"repeats": repeats, "active_days": (table["max"] - table["min"]).dt.days,
                         "age_days": (log["date"].max() - table["min"]).dt.days,
                         "mean_value": repeated / repeats.where(repeats > 0)}).reset_index()


def polars_summary(log):
    import polars as pl

    date, spent, last = pl.col("date"), pl.col("amount"), log["date"].max()
    daily = log.lazy().group_by("customer_id", "date").agg(spent.sum())
    repeats = (pl.len() - 1).cast(pl.Int64)
    return daily.group_by("customer_id").agg(
        repeats=repeats, active_days=(date.max() - date.min()).dt.total_days(),
        age_days=(last - date.min()).dt.total_days(),
        mean_value=(spent.sum() - spent.get(date.arg_min())) / repeats).collect(engine="streaming")


def from_pandas(log: pd.DataFrame):
    import polars as pl

    return polars_summary(pl.from_pandas(log)).to_pandas()


def read_polars(file: Path):
    import polars as pl

    return pl.read_parquet(file)


def duckdb_holds(file: Path):
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"CREATE TABLE log AS SELECT * FROM '{file}'")
    return connection


def duckdb_from_pandas(log: pd.DataFrame) -> pd.DataFrame:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection.register("log", log).execute(DUCKDB).df()


def ibis_reads(file: Path):
    import ibis

    connection = ibis.duckdb.connect()
    connection.raw_sql("SET enable_progress_bar = false")
    return connection.read_parquet(file)


METHODS = {
    "crmlab": Method(pd.read_parquet, crm.customer_summary),
    "lifetimes": Method(pd.read_parquet, lifetimes_summary),
    "pandas, two groupbys": Method(pd.read_parquet, pandas_summary),
    "polars, from pandas": Method(pd.read_parquet, from_pandas),
    "polars, own table": Method(read_polars, polars_summary),
    "duckdb, from pandas": Method(pd.read_parquet, duckdb_from_pandas),
    "duckdb, own table": Method(duckdb_holds, lambda connection: connection.execute(DUCKDB).df()),
    "crmlab on a Parquet file, by Ibis": Method(ibis_reads, crm.customer_summary),
}


def difference(mine, theirs) -> float:
    """The largest difference of any count or mean; repeat buyers only have a mean."""
    mine, theirs = (frame if isinstance(frame, pd.DataFrame) else frame.to_pandas() for frame in (mine, theirs))
    mine, theirs = (frame.set_index("customer_id") for frame in (mine, theirs))
    theirs = theirs.reindex(mine.index)
    means = (frame["mean_value"].where(mine["repeats"] > 0, 0.0) for frame in (mine, theirs))
    counts = (mine[COUNTS] - theirs[COUNTS]).abs().to_numpy(float).max()
    return float(max(counts, np.abs(np.subtract(*means)).max()))


def raced(file: Path, rounds: int) -> pd.DataFrame:
    """A row per method: its times and work against those of crmlab, round by round, and the difference of its answer."""
    loaded = {load: load(file) for load in {method.load for method in METHODS.values()}}
    taken, worst, answer = {name: [] for name in METHODS}, {}, None
    for turn in range(rounds + 1):  # the first round warms up
        for name, method in METHODS.items():
            start = time.perf_counter(), time.process_time()
            result = method.run(loaded[method.load])
            taken[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
            if turn == 0:
                answer = result if answer is None else answer
                worst[name] = difference(answer, result)
    rows = []
    for name, times in taken.items():
        ratios = np.array(times[1:]) / np.array(taken["crmlab"][1:])
        wall, work = np.median(ratios, axis=0)
        seconds = np.median(times[1:], axis=0)[0]
        rows.append((name, wall, ratios[:, 0].min(), ratios[:, 0].max(), work, seconds, worst[name]))
    return pd.DataFrame(rows, columns=["method", "wall", "low", "high", "work", "seconds", "difference"])


def peak(name: str, file: Path) -> float:
    """Megabytes at the highest, of a process that only loads and summarises once."""
    out = subprocess.run([sys.executable, "-W", "ignore", __file__, "--alone", name, "--log", file],
                         capture_output=True, text=True, check=True)
    return float(out.stdout)


def alone(name: str, file: Path) -> None:
    METHODS[name].run(METHODS[name].load(file))
    status = Path("/proc/self/status")
    if status.is_file():  # on Linux ru_maxrss still remembers the parent
        print(int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024 / 1e6)
    else:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def described(title: str, log: pd.DataFrame, table: pd.DataFrame) -> str:
    """A section of the page."""
    head = (f"## {title}: {len(log):,} lines, {log['customer_id'].nunique():,} customers\n\n"
            "| method | time | lowest to highest | work | median seconds | peak memory, MB | largest difference |\n"
            "|---|--:|--:|--:|--:|--:|--:|\n")
    rows = [f"| {row.method} | {row.wall:,.1f} | {row.low:,.1f} to {row.high:,.1f} | {row.work:,.1f} | {row.seconds:.3f} "
            f"| {row.megabytes:,.0f} | {row.difference:.0e} |" for row in table.itertuples()]
    return head + "\n".join(rows)


def page(sections: list[str]) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return "\n\n".join([
        "# The customer summary beside its peers",
        "Generated by make benchmark (benchmarks/customer_summary.py); published whichever way it falls.",
        f"Python {platform.python_version()}, {versions}; {platform.system()} {platform.machine()}, {os.cpu_count()} "
        "cores. crmlab, lifetimes and pandas use one of them, polars and duckdb all. Read the ratios, which compare methods "
        "within a round, rather than the seconds, which other work on the machine lengthens.",
        "*Time* is the clock on the wall and *work* that of all processors together, both as multiples of crmlab's in the "
        f"same round: the median of {' or '.join(map(str, sorted(set(ROUNDS.values()))))} rounds. Above 1, crmlab is "
        "ahead.",
        "Every method counts repeat purchases, active days and age, and averages what was spent on days of repeat "
        "purchase; crmlab also gives orders, days since the last purchase and value, and checks the log for gaps. "
        "*Own table*: the log is loaded into the method's own kind of table before the clock starts. The Ibis row reads "
        "the file itself within its time. Peak memory is that of a process of its own which loads the log and "
        "summarises it once.", *sections]) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        numbers = simulated(LINES, CUSTOMERS)
        logs = [cdnow(), numbers, numbers.assign(customer_id=numbers["customer_id"].astype(str))]
        sections = []
        for (title, rounds), log in zip(ROUNDS.items(), logs, strict=True):
            file = Path(folder) / "log.parquet"
            log.to_parquet(file)
            table = raced(file, rounds)
            table["megabytes"] = [peak(name, file) for name in METHODS]
            sections.append(described(title, log, table))
            print(sections[-1], flush=True)
    (HERE / "README.md").write_text(page(sections), encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--alone", choices=METHODS)
    arguments.add_argument("--log", type=Path)
    said = arguments.parse_args()
    alone(said.alone, said.log) if said.alone else main()
