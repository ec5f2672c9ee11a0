"""From raw to clean: ``python data/cdnow/make.py`` writes transactions.csv and relations.csv again.

Raw lines hold an id in the master file, an id in the one-tenth sample, a date, the number of CDs and the amount in
US dollars. Nothing is left out: lines of one customer on one day stay apart, and orders count days with a purchase.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
DATES = ("1997-09-30", "1998-06-30")  # the end of the first 39 weeks, and of all 78


def transactions() -> pd.DataFrame:
    names = ["master_id", "customer_id", "date", "cds", "amount"]
    frame = pd.read_csv(HERE / "raw" / "CDNOW_sample.txt", sep=r"\s+", names=names, dtype={"customer_id": str, "date": str})
    return frame.assign(date=pd.to_datetime(frame["date"], format="%Y%m%d")).drop(columns="master_id")


def relations(log: pd.DataFrame) -> pd.DataFrame:
    """Orders and days since the last one, a row per customer and date."""
    parts = []
    for date in DATES:
        until = log[log["date"] <= date].groupby("customer_id")["date"]
        parts.append(pd.DataFrame({"wave": date, "orders": until.nunique(),
                                   "days_since_last": (pd.Timestamp(date) - until.max()).dt.days}).reset_index())
    return pd.concat(parts)[["customer_id", "wave", "orders", "days_since_last"]]


if __name__ == "__main__":
    clean = transactions()
    clean.to_csv(HERE / "transactions.csv", index=False, date_format="%Y-%m-%d")
    relations(clean).to_csv(HERE / "relations.csv", index=False)
