"""Which scale answers lie on: a code beside it is named as one, a longer scale is offered as it is."""

from pathlib import Path

import pandas as pd
import pytest

from crmlab import loyalty
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.measures import scales, tables
from crmlab.sources.opening import open_table
from crmlab.sources.ranges import codes

CASES = Path(__file__).parent / "cases"
FIVE, SEVEN, TEN = ([step for step in range(low, high + 1) for _ in range(8)] for low, high in ((1, 5), (1, 7), (0, 10)))


def survey(answers: list) -> pd.DataFrame:
    return pd.DataFrame({"satisfaction_1": answers, "loyalty_1": [*range(1, 8)] * (len(answers) // 7) + [7] * (len(answers) % 7)})


def message(data, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("survey", data, **options)
    return str(error.value)


def test_a_code_beside_the_scale_is_named_and_leads_to_the_right_number():
    path = CASES / "h11_code_9_on_1_to_7.csv"
    said = ("survey: the scale of 'satisfaction' is not plain from its answers. They run from 1 to 9, and all but row 7 lie on 1 "
            "to 7. 9 looks like a code for no answer: say missing=[9]; if it is an answer, say scale='satisfaction=1-9', "
            "or 'satisfaction=1-10' if 10 could be chosen.")
    assert message(path) == said and said in validate(path).text()
    pair = loyalty.correlation(scales.score(open_table("survey", path, missing=[9]))).table.iloc[0]
    assert (pair["n"], pair["estimate"]) == (28, pytest.approx(0.729, abs=5e-5))


@pytest.mark.parametrize("answers, beside", [
    (FIVE + [6], [6]), (FIVE + [0, 0], [0]), (FIVE + [9] * 6, [9]), (FIVE + [8, 9, 9], [8, 9]), (FIVE + [7], [7]),
    (FIVE + [99] * 9, [99]), (FIVE + [-1], [-1]), (FIVE + [10, 10], [10]), (SEVEN + [8] * 3, [8]), (SEVEN + [8, 9] * 4, [8, 9]),
    (SEVEN + [0], [0]), (SEVEN + [0, 9], [0, 9]), (SEVEN + [-9, -8], [-9, -8]), (SEVEN + [77, 88, 99] * 3, [77, 88, 99]),
    (SEVEN + [10], [10]), (TEN + [11], [11]), ([0, *range(2, 11)] * 5 + [11] * 4, [11]), ([0] + [*range(3, 11)] * 8 + [11], [11]),
    ([2, 3, 4, 5] * 10 + [6], [6]), (TEN + [100], [100]), (TEN + [-99, 99], [-99, 99]), (FIVE[:32] + [9], [9]),
    (FIVE + [6, 9], [9]), ([1, 5] * 8 + [99], [99]), ([4, 6, 7] * 4 + [-99], [-99])])
def test_codes_beside_a_scale(answers, beside):
    assert codes(pd.Series(answers)) == beside
    told = message(survey(answers))
    assert f"look{'s' * (len(beside) == 1)} like " in told and f"say missing={beside}" in told


@pytest.mark.parametrize("answers, offered", [
    ([step for step in range(1, 7) for _ in range(8)], "1-6"), ([step for step in range(7) for _ in range(8)], "0-6"),
    ([step for step in range(6) for _ in range(8)], "0-5"), ([step for step in range(1, 5) for _ in range(8)], "1-4"),
    ([step for step in range(5) for _ in range(8)], "0-4"), ([step for step in range(1, 10) for _ in range(8)], "1-9"),
    ([step for step in range(2, 7) for _ in range(8)], "1-6"), ([1, 2, 3] * 8, "1-3"),
    ([step for step in range(-3, 4) for _ in range(8)], "-3-3"), ([-1, 0, 1, 2] * 9, "-2-2"), ([-5, -2, 0, 1] * 9, "-5-5"), ([step for step in range(10) for _ in range(8)], "0-10")])
def test_a_longer_scale_is_offered_as_it_is(answers, offered):
    assert codes(pd.Series(answers)) == []
    assert f"Say the lowest and highest answer possible: scale='satisfaction={offered}'" in message(survey(answers))
    taken = open_table("survey", survey(answers), scale=f"satisfaction={offered}")
    spec = tables.provenance(taken)["constructs"]["satisfaction"]
    assert f"{spec['low']}-{spec['high']}" == offered


@pytest.mark.parametrize("answers", [FIVE, SEVEN, TEN, [1, 7, 5, 6] * 5, [1, 2, 3, 5, 7] * 4, [0, 8, 9, 10] * 9, [0, 7, 9, 10] + [8, 9, 10] * 9,
                                     [30, 100, 99] * 9, [0, 50, 100] * 9, [10, 9, 1] * 9, [1, 2.5, 5, 4] * 9, [2, 3, 4, 5] * 9])
def test_plain_scales_are_taken(answers):
    assert codes(pd.Series(answers)) == [] and len(open_table("survey", survey(answers))) == len(answers)


def test_what_lies_on_no_scale():
    assert message(survey([100, 250, 700, 1200] * 4)) == (
        "survey: 'satisfaction' hardly holds answers on a scale. They run from 100 to 1200. Give the column a name without a "
        "number in columns, or say its ends, as in scale='satisfaction=1-1200'.")
    assert message(survey([*range(5, 65, 5)])) == (
        "survey: the scale of 'satisfaction' is not plain from its answers. They run from 5 to 60. Say the lowest and highest "
        "answer possible: scale='satisfaction=0-100' if these are parts of a hundred.")
