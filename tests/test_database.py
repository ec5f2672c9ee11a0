"""A log that stays where it lies: the same summary, the same words in errors (extra `big`)."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from test_purchases import CDNOW, ERRORS, GOOD, KINDS, LATER_ERRORS, OPEN, log

import crmlab as crm
from crmlab.frame.errors import CrmlabError
from crmlab.measures import database, tables
from crmlab.measures.purchases import later

ibis = pytest.importorskip("ibis")
pytestmark = pytest.mark.filterwarnings("ignore:::ibis")


@pytest.fixture(scope="module")
def cdnow():
    return pd.read_csv(CDNOW, dtype={"customer_id": str}, parse_dates=["date"])


def stored(frame: pd.DataFrame, folder: Path):
    frame.to_parquet(folder / "log.parquet")
    return ibis.duckdb.connect().read_parquet(folder / "log.parquet")


def test_a_database_gives_the_same_summary(cdnow, tmp_path):
    table = stored(cdnow, tmp_path)
    for until in (None, "1997-09-30"):
        mine, theirs = crm.customer_summary(table, until=until), crm.customer_summary(cdnow, until=until)
        theirs = theirs.sort_values("customer_id", ignore_index=True)
        pd.testing.assert_frame_equal(mine, theirs, rtol=1e-12)
    after = later(mine, table, after="1997-09-30")
    pd.testing.assert_frame_equal(after, later(theirs, cdnow, after="1997-09-30"), rtol=1e-12)
    assert tables.provenance(after)["until"] == "1998-06-30"


MIXED = log(("bob", 3, 2.0), ("ann", 0, -1.0), ("ann", 2, 3.0), ("ann", 2, 4.0), ("cy", 0, -5.0), ("ann", 5, 0.0),
            ("dee", 8, 1.0), ("ann", 8, -2.0))


@pytest.mark.parametrize("kind", ["text", "close numbers"])
def test_a_database_knows_refunds_and_free_samples(tmp_path, kind):
    frame = MIXED.assign(customer_id=KINDS[kind](MIXED["customer_id"]), amount=MIXED["amount"].astype("float32"))
    table = stored(frame, tmp_path)
    for until in (None, "2024-01-06", "2024-02-01"):
        mine, theirs = crm.customer_summary(table, until=until), crm.customer_summary(frame, until=until)
        pd.testing.assert_frame_equal(mine, theirs.sort_values("customer_id", ignore_index=True))
        assert tables.provenance(mine) == tables.provenance(theirs)
    summary = crm.customer_summary(frame, until="2024-01-06")
    pd.testing.assert_frame_equal(later(summary, table, after="2024-01-06"), later(summary, frame, after="2024-01-06"))


@pytest.mark.parametrize("case", sorted(set(ERRORS) - {"no columns", "no table", "text for days", "a time zone",
                                                       "text for amounts", "an id missing"}))
def test_a_database_errs_in_the_same_words(tmp_path, case):
    frame, until, message = ERRORS[case]
    with pytest.raises(CrmlabError) as error:
        crm.customer_summary(stored(frame, tmp_path), until=until)
    assert str(error.value) == message


@pytest.mark.parametrize("case", LATER_ERRORS)
def test_a_database_errs_in_the_same_words_later(tmp_path, case):
    summary, frame, after, message = LATER_ERRORS[case]
    with pytest.raises(CrmlabError) as error:
        later(summary, stored(frame, tmp_path), after=after)
    assert str(error.value) == message


def test_a_database_names_a_wrong_kind(tmp_path):
    frames = {"transactions: column 'date' does not hold days without a time zone. It holds string. " + OPEN:
              GOOD.astype({"date": str}),
              "transactions: column 'amount' does not hold numbers. It holds boolean. " + OPEN:
              GOOD.assign(amount=True)}
    for message, frame in frames.items():
        with pytest.raises(CrmlabError) as error:
            crm.customer_summary(stored(frame, tmp_path))
        assert str(error.value) == message


@pytest.mark.parametrize("error", [
    ImportError("No module named 'duckdb'"),
    RuntimeError("The default\nbackend (DuckDB) is not installed.\n\nYou may specify another, e.g.")])
def test_a_missing_extra_is_named(error):
    def missing():
        raise error

    said = "No module named 'duckdb'" if isinstance(error, ImportError) else "The default backend (DuckDB) is not installed"
    with pytest.raises(CrmlabError) as found:
        database._fetched(SimpleNamespace(to_pandas=missing))
    assert str(found.value) == (f"The database behind this log is not installed. Ibis says: {said}. "
                                "Install DuckDB with: pip install 'crmlab[big]'.")


def test_other_troubles_of_a_database_are_its_own():
    def broken():
        raise RuntimeError("no space left")

    with pytest.raises(RuntimeError, match="no space left"):
        database._fetched(SimpleNamespace(to_pandas=broken))


def test_words_for_nobody_are_no_customer_in_a_database(tmp_path):
    mine = pd.DataFrame({"customer_id": ["A", "NaN", " NULL", "B"], "amount": [1.0, 2, 3, 4], "date": pd.to_datetime(["2024-01-01"] * 4)})
    with pytest.raises(CrmlabError) as error:
        crm.customer_summary(stored(mine, tmp_path))
    assert str(error.value) == (
        "transactions: column 'customer_id' holds words for nobody. One of 'nan', 'null', 'none', '#n/a', 'n/a', '<na>', 'nat', "
        "'(blank)', '-' and '' stands in 2 lines. Leave these lines out of the table, or give them their customers.")
