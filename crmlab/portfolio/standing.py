"""Where each customer stands, from a log alone: what came in so far, and how fresh the relation is."""

import pandas as pd

from crmlab.frame.errors import CrmlabError, listed
from crmlab.measures import tables

NEEDED = ("customer_id", "value", "repeats", "days_since_last")


def accounts(summary: pd.DataFrame) -> pd.DataFrame:
    """The inputs of portfolio matrices that a log of purchases can give: a row per customer of the summary.

    ``profit`` is the sum of margins where the summary has a column ``margin``, else the value, which is sales
    without any costs. ``repeat_patronage`` is the number of repeat purchases. ``duration`` is days since the
    last purchase with a minus, so that higher is fresher: a stand-in, and a crmlab rule. Reinartz & Kumar's
    duration looks ahead and comes from a model. Of the simple rules, days since the last purchase (the
    "hiatus") holds its own against models at telling active from lost (Wübben & v. Wangenheim 2008). The other
    one in textbooks, (day of last purchase / days observed) ^ purchases, is the chance that somebody with a
    steady habit would be silent for so long, and not that of being active; on CDNOW it foretells less.

    Raises CrmlabError where a column of the summary is missing.

    >>> summary = pd.DataFrame({"customer_id": ["a"], "value": [9.0], "repeats": [1], "days_since_last": [30]})
    >>> accounts(summary).to_dict("records")
    [{'customer_id': 'a', 'profit': 9.0, 'duration': -30.0, 'repeat_patronage': 1.0}]
    """
    missing = [name for name in NEEDED if name not in summary.columns]
    if missing:
        raise CrmlabError(
            f"This is no summary of customers: {listed(missing)} {'is' if len(missing) == 1 else 'are'} missing.",
            f"It has {listed(summary.columns, 12, quote=False)}.",
            "Make one from a log of purchases with crm.customer_summary(log).")
    money = "margin" if "margin" in summary.columns else "value"
    found = pd.DataFrame({
        "customer_id": summary["customer_id"],
        "profit": summary[money].astype(float),
        "duration": -summary["days_since_last"].astype(float),
        "repeat_patronage": summary["repeats"].astype(float),
    })
    said = "margin so far" if money == "margin" else "sales so far (no costs known)"
    axes = {"profit": {"label": said, "turned": False, "money": money},
            "duration": {"label": "days since last purchase", "turned": True},
            "repeat_patronage": {"label": "repeat purchases", "turned": False}}
    source = tables.provenance(summary)
    until = f" on {source['until']}" if source.get("until") else ""
    notes = [*source["notes"], f"duration: days since the last purchase{until}, with a minus (crmlab rule)"]
    return tables.stamp(found, {**source, "axes": axes, "notes": notes})
