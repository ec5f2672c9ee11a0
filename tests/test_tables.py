"""The canonical tables: items by name, provenance, and what a lesson needs."""

import json

import pandas as pd
import pytest

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables

SPEC = {"items": ["loyalty_1"], "reversed": [], "low": 1, "high": 7}


def frame(*columns, **constructs):
    return tables.stamp(pd.DataFrame({name: [1.0, 2.0] for name in columns}), {"constructs": constructs})


def test_items_are_found_by_name():
    found = tables.constructs_in(["trust_1", "age", "loyalty_2", "trust_10_r", "Trust_3", "trust", "q_1"])
    assert {name: spec["items"] for name, spec in found.items()} == {
        "trust": ["trust_1", "trust_10_r"], "loyalty": ["loyalty_2"]}
    assert found["trust"]["reversed"] == ["trust_10_r"]


def test_the_stamp_is_a_copy_in_json():
    plain, prov = pd.DataFrame({"a": [1]}), {"title": "t", "notes": ["n"]}
    stamped = tables.stamp(plain, prov)
    prov["notes"].append("later")
    assert "crmlab" not in plain.attrs
    assert tables.provenance(stamped)["notes"] == ["n"]
    assert json.loads(json.dumps(tables.provenance(stamped))) == tables.provenance(stamped)
    assert set(tables.provenance(plain)) == set(tables.provenance(stamped))


def test_two_frames_share_no_provenance():
    tables.provenance(pd.DataFrame())["notes"].append("mine")
    assert tables.provenance(pd.DataFrame())["notes"] == []


def test_the_codebook_of_a_survey():
    survey = frame("customer_id", "loyalty_1", "age", loyalty=SPEC).assign(sex=pd.Categorical(["f", "m"]))
    book = tables.codebook(survey).set_index("column")
    assert book["kind"].tolist() == ["id", "item", "number", "category"]
    assert book["range"].tolist() == ["–", "1 to 7", "–", "f and m"]
    assert book.loc["loyalty_1", "meaning"].startswith("loyalty, question 1: how far the customer means to "
                                                       "stay")


NEEDS = {
    "a near column": (
        ("customer_id", "Sat", "q1", "loyalty_1"), "satisfaction",
        "survey: there are no items for 'satisfaction'. Its columns without a place are 'Sat'. Say which "
        "column asks for it, as in columns={'Sat': 'satisfaction_1'}."),
    "no near column": (
        ("customer_id", "Z1", "q1", "loyalty_1"), "satisfaction",
        "survey: there are no items for 'satisfaction'. Its columns without a place are 'Z1' and 'q1'. Say "
        "which column asks for it, as in columns={'Z1': 'satisfaction_1'}."),
    "no free column": (
        ("customer_id", "loyalty_1"), "trust",
        "survey: there are no items for 'trust'. It has items for loyalty. Say which column asks for it, "
        "as in columns={'Z1': 'trust_1'}."),
    "a slip": (
        ("loyalty_1",), "satisfacton",
        "There is no construct 'satisfacton'. The vocabulary has: " + ", ".join(list(tables.CONSTRUCTS)[:-1])
        + f" and {list(tables.CONSTRUCTS)[-1]}. Did you mean 'satisfaction'?"),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_a_lesson_needs(case):
    columns, construct, message = NEEDS[case]
    with pytest.raises(CrmlabError) as error:
        tables.needs(frame(*columns, loyalty=SPEC), "loyalty", construct)
    assert str(error.value) == message


def test_what_is_there_is_handed_over():
    assert tables.needs(frame("loyalty_1", loyalty=SPEC), "loyalty") == {"loyalty": SPEC}


@pytest.mark.parametrize(("columns", "units", "word"), [
    ({}, None, "customer"),
    ({"customer_id": ["a", "b", "c", "d"]}, None, "customer"),
    ({"customer_id": ["a", "b", "a", "b"]}, [0, 1, 0, 1], "customer"),
    ({"customer_id": ["a", None, "a", None]}, [0, 5, 0, 7], "customer"),  # nobody knows whether these are one
    ({"cluster": ["x", "x", "y", "y"]}, [0, 0, 1, 1], "cluster"),
    ({"cluster": ["x", "y", "z", "u"]}, None, "cluster"),
    ({"customer_id": ["a", "a", "b", "b"], "cluster": ["x", "x", "x", "y"]}, [0, 0, 0, 1], "cluster"),
    ({"customer_id": ["a", "a", "b", "b"], "cluster": ["x", "y", "z", "z"]}, [0, 0, 1, 1], "customer"),
    ({"customer_id": ["a", "a", "b", "b"], "cluster": ["w1", "w2", "w3", "w4"]}, [0, 0, 1, 1], "customer"),
])
def test_rows_that_stand_or_fall_together(columns, units, word):
    """The coarser of cluster and customer where one lies within the other, else the cluster that was given."""
    found, said = tables.units(pd.DataFrame(columns, index=range(4)))
    assert (None if found is None else found.tolist(), said) == (units, word)
