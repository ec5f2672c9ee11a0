"""Names of questions as people write them: none leaves a score in silence, and none counts twice."""

import pandas as pd
import pytest

from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources.adapting import nearest_item
from crmlab.sources.opening import open_table


def answers(**changes) -> pd.DataFrame:
    plain = {"satisfaction_1": [1, 7, 5, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    return pd.DataFrame({**plain, **changes})


def message(data, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("survey", data, **options)
    return str(error.value)


@pytest.mark.parametrize("name, item", [
    ("satisfaction_2R", "satisfaction_2_r"), ("satisfaction_2_rev", "satisfaction_2_r"), ("satisfaction_2r", "satisfaction_2_r"),
    ("loyalty.2", "loyalty_2"), ("satisfaction2", "satisfaction_2"), ("loyalty-2", "loyalty_2"), ("Loyalty 2", "loyalty_2"),
    ("satisfaction_r2", "satisfaction_2_r"), ("trust_3 (reversed)", "trust_3_r"), ("trust_03_inv", "trust_3_r"),
    ("TRUST.1", "trust_1"), ("satisfaction__2", "satisfaction_2"), ("value [2]", "value_2"),
    ("trust[SQ001]", "trust_1"), ("loyalty_q2", "loyalty_2"), ("value_added_2", None), ("loyalty_2_t1", None)])
def test_an_item_in_another_spelling_is_named_with_its_mapping(name, item):
    if item is None:
        assert name in open_table("survey", answers(**{name: 3}))
        return
    frame = answers(**{name: [7, 1, 2, 3] * 3})
    assert message(frame) == (
        f"survey: column '{name}' is no item that crmlab knows. No score would use it; if it is something else, map it to a "
        f"name without a number. Say columns={{'{name}': '{item}'}}.")
    survey = open_table("survey", frame, columns={name: item})
    spec = tables.provenance(survey)["constructs"][item.split("_")[0]]
    assert item in spec["items"] and (item in spec["reversed"]) == item.endswith("_r")
    assert "numbers" in open_table("survey", frame, columns={name: "numbers"})


@pytest.mark.parametrize("one, other", [("satisfaction_1", "satisfaction_01"), ("satisfaction_1", "satisfaction1"),
                                        ("satisfaction_1", "satisfaction_1_r"), ("loyalty_1", "loyalty.1"), ("loyalty_1", "loyalty_1R")])
def test_one_question_does_not_count_twice(one, other):
    frame = answers(**{other: [7, 1, 2, 3] * 3})
    assert message(frame) == (
        f"survey: columns '{one}' and '{other}' are one question by their names. A score would count it twice, or miss that one "
        f"of them was turned. Map one of them to '-' in columns, as in columns={{'{other}': '-'}}, or give it a number of its own.")
    assert one in open_table("survey", frame, columns={other: "-"})


def test_numbers_with_zeros_are_items_throughout():
    frame = answers().rename(columns={"satisfaction_1": "satisfaction_01"}).assign(satisfaction_02=[7, 1, 2, 3] * 3)
    assert tables.provenance(open_table("survey", frame))["constructs"]["satisfaction"]["items"] == ["satisfaction_01", "satisfaction_02"]


@pytest.mark.parametrize("columns, own", [
    ({"age": range(20, 32), "Q1": [1, 5, 3] * 4}, "Q1"), ({"Probability (%)": [10, 20, 50] * 4, "Q1": [1, 5, 3] * 4}, "Q1"),
    ({"Amount": [10.5, 3, 7] * 4}, None), ({"Amount": [1, 3, 7] * 4}, None), ({"region": ["n", "s", "e"] * 4}, None),
    ({"Country": ["UK", "FR"] * 6, "year": [2023, 2024] * 6}, None), ({"Q7": ["Agree", "Disagree", "Neutral"] * 4}, "Q7"),
    ({"Zufriedenheit": [1, 2, 5] * 4}, "Zufriedenheit"), ({"it's good": [1, 5, 3] * 4}, "it's good")])
def test_only_what_can_be_an_answer_is_proposed(columns, own):
    frame = pd.DataFrame(columns)
    assert (nearest_item(frame) or [None])[0] == own
    told = message(frame)
    if own is None:
        assert told.endswith("Add the answers, a column for each question, such as 'satisfaction_1' and 'loyalty_1'.")
    else:  # what is proposed can be typed as it stands
        mapping = eval(told.rpartition("columns=")[2].removesuffix("."))
        assert list(mapping) == [own] and "has no items" not in str(pytest.raises(CrmlabError, open_table, "survey", frame, columns=mapping).value
                                                                    if own == "Q7" else open_table("survey", frame, columns=mapping))


def test_a_construct_without_items_gets_a_hint_that_can_be_true():
    survey = open_table("survey", answers(region=["n", "s"] * 6))
    with pytest.raises(CrmlabError) as error:
        tables.needs(survey, "trust")
    assert str(error.value) == ("survey: there are no items for 'trust'. Its columns without a place are 'region'. Add a column "
                                "with the answers, such as 'trust_1'.")
    survey = open_table("survey", answers(**{"d'accord": [1, 2, 3] * 4}))
    with pytest.raises(CrmlabError) as error:
        tables.needs(survey, "trust")
    assert str(error.value).endswith("""as in columns={"d'accord": 'trust_1'}.""")
