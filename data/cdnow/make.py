"""From raw to clean: ``python data/cdnow/make.py`` writes master, transactions and relations .csv again.

Raw lines hold an id, in the one-tenth sample also that of the master file before it, a date, the number of
CDs and the amount in US dollars. Nothing is left out: lines of one customer on one day stay apart, and orders
count days with a purchase.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
DATES = ("1997-09-30", "1998-06-30")  # the end of the first 39 weeks, and of all 78
CLEAN = ["customer_id", "date", "cds", "amount"]


def log(file: str, names: list[str], header: int | None) -> pd.DataFrame:
    """The lines of a raw file with their dates as dates and their amounts as numbers."""
    frame = pd.read_csv(HERE / "raw" / file, sep=r"\s+", names=names, header=header, dtype=str)
    days = pd.to_datetime(frame["date"], format="%Y%m%d")
    return frame.assign(date=days, amount=frame["amount"].astype(float))[CLEAN]


def relations(log: pd.DataFrame) -> pd.DataFrame:
    """Orders and days since the last one, a row per customer and date."""
    parts = []
    for date in DATES:
        until = log[log["date"] <= date].groupby("customer_id")["date"]
        parts.append(pd.DataFrame({"wave": date, "orders": until.nunique(),
                                   "days_since_last": (pd.Timestamp(date) - until.max()).dt.days}).reset_index())
    return pd.concat(parts)[["customer_id", "wave", "orders", "days_since_last"]]


def write(frame: pd.DataFrame, name: str) -> None:
    frame.to_csv(HERE / name, index=False, date_format="%Y-%m-%d", lineterminator="\n")


if __name__ == "__main__":
    master, sample = log("CDNOW_master.txt", CLEAN, 0), log("CDNOW_sample.txt", ["master_id", *CLEAN], None)
    write(master, "master.csv")
    write(sample, "transactions.csv")
    write(relations(sample), "relations.csv")
