"""The case and its two tellings, the class that judges it, and what two sentences did to it."""

import difflib
import re
import runpy
import shutil

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.frame import places, stats
from crmlab.frame.result import LeftOut
from crmlab.measures import casebook, tables
from crmlab.measures.scorecard import SHORT, scored
from crmlab.sources.worlds import classroom


def message(call) -> str:
    with pytest.raises(crm.CrmlabError) as error:
        call()
    return str(error.value)


# ---- the case ---------------------------------------------------------------------------------------------


def test_the_tellings_differ_in_two_sentences_on_profit_and_in_nothing_else():
    rose, fell = (re.split(r"(?<=[.?!]) |\n+", crm.qci.case(arm).markdown()) for arm in ("rose", "fell"))
    changed = [line for line in difflib.ndiff(rose, fell) if line[0] in "+-"]
    assert len(changed) == 6 and len(rose) == len(fell)
    assert all("profit" in line for line in changed[:4]) and changed[4:] == ["- Copy K.", "+ Copy M."]
    assert crm.qci.case("rose").table.equals(crm.qci.case("fell").table)


def test_nothing_a_student_reads_tells_of_the_other_half():
    """Neither the pages nor the result say that there are two tellings, and profit stands in those sentences only."""
    for arm in ("rose", "fell"):
        told = crm.qci.case(arm)
        assert told.markdown().count("profit") == 2
        for said in (told.markdown(), told.page(), told._repr_html_(), told.text(), told.title, told.note()):
            assert not re.search(r"\barm\b|telling|halo|version", said, re.IGNORECASE)


def test_the_case_has_what_was_promised():
    """A memo, three interviews and a sheet of figures, on two pages."""
    told = crm.qci.case()
    assert [part.heading.split(" ")[0] for part in told.telling.parts] == ["Memo", *["Interview"] * 3]
    assert len(told.markdown().split()) < 1_300 and "{" not in told.markdown() and len(told.table) == 11
    assert told.table.iloc[0].tolist() == ["Pianos on rent at the end of the year", "contracts", "11,240", "11,310",
                                           "customer system"]


def test_the_interviews_contradict_the_memo_where_the_key_says_so():
    memo, sales, service, systems = (" ".join(part.paragraphs) for part in crm.qci.case().telling.parts)
    assert "none stays there longer than a week" in memo and "some of them wait" in service
    assert "4.6 of 5" in memo and "3.7 of 5" in service and "4.6!" in sales
    assert "the whole renter on one screen" in memo and "What was promised could be put in, too" in systems


def test_the_key_reads_every_practice_once_and_meets_the_rule_of_evidence():
    key = crm.open_table("assessments", "case_key")
    assert set(key["practice"]) == SHORT and len(key) == 16 and key["why"].notna().all()
    card = scored(key)
    assert card.short and card.rule
    assert card.practices.loc[card.practices["unevidenced"], "practice"].tolist() == ["PM1"]
    assert card.firms["score"].item() == pytest.approx(42.1875)  # by hand: 43.75 50 62.5 31.25 62.5 25 31.25 31.25
    assert crm.qci.assessment(key).firm == "Amselhof Pianos"


def test_pages_are_written_for_print(tmp_path):
    told = crm.qci.case("fell")
    page = told.write(tmp_path / "case_b.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "keeps me awake" in page and "<em>beginners</em>" in page
    assert told.write(tmp_path / "case_b.md").read_text("utf-8") == told.markdown()
    assert message(lambda: told.write("case.pdf")) == (
        "case: the pages are written as .html or .md. Found 'case.pdf'. Say write(\"case.html\") or write(\"case.md\").")
    assert message(lambda: crm.qci.case("rise")) == (
        "There is no arm 'rise'. The case has: rose and fell. Did you mean 'rose'?")


# ---- the class --------------------------------------------------------------------------------------------


def test_the_class_is_what_its_script_makes(tmp_path):
    folder = places.SHARE / "data" / "case"
    shutil.copytree(folder, tmp_path / "case")
    runpy.run_path(str(tmp_path / "case" / "make.py"), run_name="__main__")
    assert (tmp_path / "case" / "class.csv").read_bytes() == (folder / "class.csv").read_bytes()
    opened = crm.open_table("assessments", "case")
    assert tables.provenance(opened)["simulated"] and opened["rater"].nunique() == 48
    assert opened.groupby("arm", observed=True)["rater"].nunique().to_dict() == {"rose": 24, "fell": 24}


def test_the_difference_of_the_world_is_what_many_students_show():
    made = classroom(4000, seed=2, truth={"halo": 0.5})
    whole = crm.qci.class_halo(made.tables["assessments"]).whole
    assert whole.low <= made.truth["difference"] <= whole.high and whole.high - whole.low < 2
    assert classroom(10, truth={"halo": 0}).truth["difference"] == 0


def test_the_world_refuses_what_cannot_be():
    assert message(lambda: classroom(1)) == "A class needs students. Found n = 1. Give n of 2 or more."
    assert message(lambda: classroom(truth={"halo": 9})) == "The truth 'halo' lies between -4 and 4. Found halo = 9. Keep it within."
    assert message(lambda: classroom(truth={"hallo": 1})) == (
        "There is no truth 'hallo'. The world 'classroom' has: halo, kindness, noise and unanswered. Did you mean 'halo'?")


# ---- the class's own halo ---------------------------------------------------------------------------------


def dealt(rose, fell) -> pd.DataFrame:
    """Students who give every practice of PR4 and CX1 the same step."""
    rows = [{"firm": "us", "rater": f"{arm} {k}", "arm": arm, "practice": practice, "intention": step, "reality": step}
            for arm, steps in (("rose", rose), ("fell", fell)) for k, step in enumerate(steps) for practice in ("PR4", "CX1")]
    return pd.DataFrame(rows)


def test_halo_by_hand_is_welch_over_students():
    rose, fell = [4, 3, 3, 2, 3, 3], [1, 2, 2, 3, 2]
    found = crm.qci.class_halo(dealt(rose, fell))
    expected = stats.welch(25 * np.array(rose), 25 * np.array(fell))
    assert str(found.answer()) == ("Two sentences about profit moved this class by 25 points: 75 where they said that it rose, 50 where they "
                                   f"said that it fell, 95 % interval of the difference {expected.low:.0f} to {expected.high:.0f}.")
    assert found.headline() == {"difference": pytest.approx(25.0), "low": pytest.approx(expected.low),
                                "high": pytest.approx(expected.high), "n_rose": 6, "n_fell": 5}
    assert found.table.set_index("element").loc["Proposition", "estimate"] == pytest.approx(25.0)
    assert np.isnan(found.table.set_index("element").loc["Measurement", "estimate"])
    assert found.text().startswith(
        "Both halves of the class read the same case of us but for two sentences about profit. The 6 who read that it rose give "
        "the firm 75.0 points, the 5 who read that it fell 50.0: a difference of 25.0 points, 95 % interval 1.6 to 48.4.")


def test_welch_is_scipys():
    from scipy.stats import ttest_ind

    first, second = [3, 4, 5, 6, 9], [1, 2, 3]
    low, high = ttest_ind(first, second, equal_var=False).confidence_interval()
    assert stats.welch(first, second)[1:] == pytest.approx((low, high))
    assert np.isnan(stats.welch([1, 1], [1, 1]).low)


def test_no_halo_and_the_other_way_round_are_said():
    level = crm.qci.class_halo(dealt([1, 2, 3, 2, 2], [2, 3, 1, 2, 2]))
    assert "this class shows no halo for sure, and cannot rule out one of" in level.text() and "It is a small class." in level.text()
    assert "What was looked for is the halo effect" in level.text() and "This is the halo effect" not in level.text()
    turned = crm.qci.class_halo(dealt([1, 1, 1, 2, 1], [3, 4, 3, 3, 3]))
    assert "good news made the class stricter" in turned.text()


def test_small_groups_are_not_shown():
    few = crm.qci.class_halo(dealt([4, 3, 3, 2, 3, 3], [1, 2, 2, 3]))
    assert isinstance(few, LeftOut) and few.text() == (
        "Left out: a half of the class has fewer than 5 students, and so small a group is not shown.")
    assert few.headline() == {} and not len(few.table)
    alone = crm.qci.class_halo(dealt([4, 3], [1, 2]).drop(columns="arm"))
    assert alone.text() == "Left out: the table has no column 'arm' that tells who read what."


def test_students_who_hardly_answered_are_left_out_and_counted():
    frame = dealt([4, 3, 3, 2, 3, 3], [1, 2, 2, 3, 2])
    empty = frame.assign(reality=frame["reality"].where(frame["rater"] != "rose 0"))
    found = crm.qci.class_halo(empty)
    assert found.headline()["n_rose"] == 5 and "1 student answered fewer than half" in found.text()
    nobody = crm.qci.class_halo(frame.assign(arm=frame["arm"].where(frame["rater"] != "rose 0")))
    assert nobody.headline()["n_rose"] == 5


def test_arms_that_cannot_be():
    frame = dealt([4, 3], [1, 2])
    assert message(lambda: crm.qci.class_halo(frame.assign(arm=frame["arm"].replace("fell", "down")))) == (
        "class_halo: the column 'arm' tells which telling a student read. It has 'down'. Write rose or fell.")
    mixed = frame.assign(arm=["rose", "fell"] * 4)
    assert message(lambda: crm.qci.class_halo(mixed)) == (
        "class_halo: a student reads one telling. 'fell 0', 'fell 1', 'rose 0' and 'rose 1' stand in both. "
        "Correct the column 'arm', or tell the students apart.")


@pytest.mark.parametrize("halo", [0.0, 0.5])
def test_the_interval_holds_its_word_in_small_classes(halo):
    """2,400 students, dealt into 200 classes of 12."""
    made = classroom(2400, seed=3, truth={"halo": halo})
    students = crm.qci.class_halo(made.tables["assessments"]).students
    rose, fell = (students.loc[students["arm"] == arm, "score"].to_numpy().reshape(-1, 6) for arm in ("rose", "fell"))
    held = [low <= made.truth["difference"] <= high for _, low, high in map(stats.welch, rose, fell)]
    assert 0.91 <= np.mean(held) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("n", [12, 48])
@pytest.mark.parametrize("halo", [0.0, 0.3])
def test_coverage_in_many_classes(n, halo):
    held = []
    for seed in range(1, 301):
        made = classroom(n, seed, {"halo": halo})
        whole = crm.qci.class_halo(made.tables["assessments"]).whole
        held.append(whole.low <= made.truth["difference"] <= whole.high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_class_is_a_table_of_assessments_like_any_other():
    table = crm.open_table("assessments", "world:classroom", n=6, seed=1)
    assert crm.qci.assessment(table, draws=100).headline()["band"] == "developing"
    assert crm.qci.raters(table, draws=100).headline()["raters"] == 6
    assert crm.qci.priorities(table).headline()["quick_wins"] == ""


def test_a_class_with_a_gap_here_and_there_keeps_its_practices():
    """With many raters hardly a practice has no gap; then the raters without one carry the intraclass correlation."""
    found = crm.qci.raters(crm.open_table("assessments", "case"), draws=100)
    assert found.common == 16 and 30 < found.together < 48
    assert f"{found.together} of 48 raters answered every practice" in found.text()


def test_the_sheet_of_figures_is_as_written():
    assert casebook.figures().shape == (11, 5)
