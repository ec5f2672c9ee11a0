"""Exercises: a right answer is never called wrong, a known mistake is known, and a student never meets an error."""

import re
import runpy
from collections import Counter
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crmlab as crm
from crmlab.desk import kernel, lessons
from crmlab.desk.exercises import exercise
from crmlab.desk.exercises.books import HERE, book, normal, settled
from crmlab.desk.exercises.exercise import MOST_VERSIONS, Exercise, Posed, Words, misread, pose
from crmlab.desk.exercises.kinds import APART, Numbers
from crmlab.desk.exercises.reply import OUTCOMES, NotRight
from crmlab.desk.teaching import STRICT
from crmlab.frame import glossary, stats
from crmlab.frame.errors import CrmlabError
from crmlab.sources import worlds

ROOT = Path(__file__).parent.parent
LESSONS = sorted(path.stem for path in HERE.glob("*.toml"))
NAMES = {lesson: list(book(lesson).functions) for lesson in LESSONS}
ALL = [(lesson, name) for lesson in LESSONS for name in NAMES[lesson]]

SEEN = {"raters": 2, "waves": 2}  # of the simulated firms of the lesson qci

#: The personal table of an attempt, by lesson.
DRAWS = {
    "loyalty": lambda seed: lambda attempt: worlds.survey(n=400, seed=1000 * seed + attempt).tables["survey"],
    "qci": lambda seed: lambda attempt: worlds.firms(seed=1000 * seed + attempt, truth=SEEN).tables["assessments"],
    "portfolio": lambda seed: lambda attempt: worlds.shop(n=1000, seed=1000 * seed + attempt).tables["transactions"],
    "relationships": lambda seed: lambda attempt: worlds.dyads(n=400, seed=1000 * seed + attempt).tables["dyads"],
}


def number(truth, decimals=2, **said) -> Posed:
    words = Words(goal="", question="How much?", hints=["Think."], decimals=decimals, otherwise="Which column?",
                  mistakes={"off": {"name": "the other one", "says": "That is the other one."},
                            "far": {"name": "a third one", "says": "That is a third one."}}, **said)
    kind = words.reader()
    return Posed(words, {}, kind.canon(truth), {"off": kind.canon(truth + 1.0), "far": kind.canon(truth + 2.0)})


# ---- reading answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code", "says"), [
    (..., "todo", ""),
    (None, "todo", ""),
    (0.62, "right", ""),
    (0.6178, "right", ""),
    (np.float32(0.62), "right", ""),
    (np.array(0.62), "right", ""),
    ([0.62], "right", ""),
    (pd.Series([0.62], index=["r"]), "right", ""),
    (Decimal("0.62"), "right", ""),
    (0.6, "close", "Right to fewer decimals than asked. Two decimals, please: others will calculate with it."),
    (0.61, "close", "Right, but cut off after the last digit. Round it: look at the digit that follows."),
    (1.62, "wrong:off", "That is the other one."),
    (62, "wrong:unit", "Did you multiply by 100? It is asked as a plain number, not in per cent."),
    (0.7, "wrong", "Which column?"),
    ((0, 62), "kind", "Python reads `0,62` as two numbers, 0 and 62. Write `0.62`."),
    ("0,62", "kind", "That is text. Write `0.62`: no quotation marks, and a point for the decimals."),
    ("0.62", "kind", "That is text. Write `0.62`: no quotation marks, and a point for the decimals."),
    ("r", "kind", "That is text. A number is asked, without quotation marks."),
    (True, "kind", "That is True, the answer to a comparison. A number is asked."),
    (np.nan, "kind", "That is not a number (NaN). Somewhere a value was missing, or something was divided by 0."),
    (np.inf, "kind", "That is infinite. Somewhere a value was missing, or something was divided by 0."),
    (np.eye(2), "kind", "One number is asked, and that is a table of 2 × 2. Which of them answers the question?"),
    ([1.5, 2.5, 3.5], "kind", "One number is asked, and that is 3 values. Which of them answers the question?"),
    (sum, "kind", "That is a function which has not been called. Add brackets: `()`."),
    (object(), "kind", "That is of the kind 'object'. A number is asked."),
    (1 + 2j, "kind", "That is of the kind 'complex'. A number is asked."),
    (10**400, "kind", "That is of the kind 'int'. A number is asked."),
])
def test_a_number_is_read(answer, code, says):
    reply = number(0.6178).judge(answer)
    assert (reply.code, reply.says) == (code, says)


def test_a_whole_result_and_a_test_of_scipy_are_explained(mobi):
    from scipy.stats import pearsonr
    result = crm.loyalty.correlation(crm.score(mobi))
    assert number(0.5).judge(result).says.startswith("That is a whole result.")
    assert number(0.5).judge(pearsonr([1, 2, 3], [1, 2, 4])).says.startswith("That holds a number and its p value.")


@given(truth=st.floats(-1e6, 1e6), decimals=st.integers(0, 4), form=st.sampled_from(
    [float, np.float64, np.array, lambda v: [v], lambda v: (v,), lambda v: pd.Series([v], index=[7]),
     lambda v: pd.DataFrame([[v]]), Fraction, Decimal]), rounded=st.booleans())
def test_a_right_number_is_never_called_wrong(truth, decimals, form, rounded):
    posed = number(truth, decimals)
    assert posed.judge(form(round(truth, decimals) if rounded else truth)).code == "right"


@given(truth=st.integers(-10**6, 10**6))
def test_a_whole_number_may_be_given_as_one(truth):
    assert number(float(truth), 0).judge(truth).code == number(float(truth)).judge(np.int64(truth)).code == "right"


@given(values=st.lists(st.floats(-100, 100), min_size=2, max_size=8), shuffle=st.randoms(use_true_random=False))
def test_labels_put_a_vector_in_order(values, shuffle):
    truth = pd.Series(values, index=[f"Q{k}" for k in range(len(values))])
    posed = Posed(Words("", "?", [], kind="numbers"), {}, truth, {})
    order = shuffle.sample(list(truth.index), len(truth))
    for form in (list, tuple, np.array, lambda s: s, lambda s: s.loc[order], lambda s: dict(s.loc[order]), lambda s: s.to_frame()):
        assert posed.judge(form(truth)).code == "right"


def test_a_vector_says_how_many_are_right_and_what_the_others_are():
    truth = pd.Series([0.1, 0.2, 0.3], index=list("abc"))
    words = Words("", "?", [], kind="numbers", otherwise="In this order?", mistakes={
        "whole": {"name": "the whole", "says": "That holds the question itself."}})
    posed = Posed(words, {}, truth, {"whole": truth + 0.5})
    assert posed.judge([0.1, 0.2, 0.9]).says == "2 of 3 are right. In this order?"
    assert posed.judge([0.1, 0.2, 0.8]).says == "2 of 3 are right. The others: That holds the question itself."
    assert posed.judge([0.6, 0.7, 0.8]).code == "wrong:whole"
    assert posed.judge([0.1, ..., 0.3]).code == "todo"
    assert posed.judge([0.1, 0.2]).says == "3 numbers are asked (a, b and c), and that is 2 values."
    assert posed.judge((0, 1, 0, 2, 0, 3)).says == ("Python reads a comma as the end of a number. Write decimals with "
                                                    "a point, as in `0.5`.")


def test_a_table_is_read_by_its_labels():
    truth = pd.DataFrame({"r": [0.1, 0.2], "n": [10.0, 20.0]}, index=["high", "low"])
    posed = Posed(Words("", "?", [], kind="numbers"), {}, Numbers(2).canon(truth), {})
    assert posed.judge(truth.loc[["low", "high"], ["n", "r"]]).code == "right"
    assert posed.judge(truth.to_numpy()).code == "right"
    assert posed.judge(truth + np.array([[0, 0], [0, 1]])).says == "3 of 4 are right."


def test_a_choice_an_ordering_and_classes():
    options = {"a": "the first", "b": "the second"}
    words = Words("", "Which?", [], kind="choice", options=options, mistakes={"b": {"name": "'b'", "says": "Why b?"}})
    posed = pose(Exercise("x", right=lambda d: "a"), words, None, stats.rng(1))
    assert posed.question == "Which?\n`a`: the first\n`b`: the second"
    assert [posed.judge(x).code for x in (" A ", ["a"], "b", "c", 3)] == ["right", "right", "wrong:b", "kind", "kind"]
    assert posed.judge("c").says == "'c' is none of the answers. They are 'a' and 'b'."

    order = Posed(Words("", "?", [], kind="order", mistakes={"back": {"name": "", "says": "Turned round."}}), {},
                  pd.Series({"x": 3.0, "y": 2.0, "z": 2.0}), {"back": pd.Series({"z": 2.0, "y": 1.0, "x": 0.0})})
    assert [order.judge(x).code for x in (["x", "y", "z"], ["X", "z", "y"], ["z", "y", "x"], ["y", "x", "z"])] == [
        "right", "right", "wrong:back", "wrong"]
    assert order.judge(["x", "x", "z"]).says == "'x' stands there twice. Name each once: 'x', 'y' and 'z'."

    classes = Posed(Words("", "?", [], kind="classes", options={"hot": "", "cold": ""}, also={"warm": "hot"},
                          mistakes={"turned": {"name": "hot and cold exchanged", "says": "You exchanged them."}}), {},
                    ["hot", "cold", "hot"], {"turned": ["cold", "hot", "cold"]})
    assert classes.judge(pd.Series(["Warm", "cold", "hot"])).code == "right"
    assert classes.judge(["hot", "hot", "hot"]).says == "2 of 3 are right. The others: You exchanged them."
    assert classes.judge(["hot"]).says == "3 answers are asked, and that is 1."


# ---- truth and mistakes -----------------------------------------------------------------------------------


def asked(lesson: str, seed: int):
    """A settled personal draw, and every exercise in its version for a student."""
    student = f"student {seed}"
    attempt, table = settled(lesson, DRAWS[lesson](seed), student)
    exercises = book(lesson).asked(book(lesson).desk(table), student)
    assert list(exercises) == NAMES[lesson]
    return attempt, exercises


def plain(value):
    """A value as a student would give it: a number, or a list."""
    if isinstance(value, list):
        return value if len(value) > 1 else value[0]
    return value.tolist() if len(value) > 1 else float(value.iloc[0])


def holds(posed: Posed) -> None:
    typed = (lambda value: list(value.index)) if posed.words.kind == "order" else plain
    assert posed.separated
    assert posed.judge(typed(posed.truth)).code == "right"
    assert posed.judge(typed(posed.truth)).says == ""
    if isinstance(posed.truth, pd.Series) and posed.words.kind != "order":
        assert posed.judge([round(v, posed.words.decimals) for v in posed.truth]).code == "right"
    for name, mistake in posed.mistakes.items():
        assert posed.judge(typed(mistake)).code == f"wrong:{name}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_mistake_is_known_as_itself(lesson):
    attempts = []
    for seed in range(12):
        attempt, exercises = asked(lesson, seed)
        attempts.append(attempt)
        for posed in exercises.values():
            holds(posed)
    assert np.mean(attempts) < 1


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_mistake_is_known_as_itself_in_500_draws(lesson):
    for seed in range(500):
        for posed in asked(lesson, seed)[1].values():
            holds(posed)


@pytest.mark.parametrize("seed", range(3))
def test_the_lesson_qci_computes_what_its_exercises_call_right(seed):
    table, student = DRAWS["qci"](seed)(0), f"student {seed}"
    desk = book("qci").desk(table)
    room = {"crm": crm, "table": table, "assessment": crm.qci.assessment(table, draws=100)}
    for name, words in book("qci").words.items():
        posed = book("qci").posed(name, desk, student)
        if words.solution:
            exec(posed.filled(words.solution).strip(), room)
            assert posed.judge(room["answer"]).code == "right", name


def test_the_personal_draw_is_bounded_and_public():
    tried = []

    def hopeless(attempt):
        tried.append(attempt)
        frame = worlds.survey(n=60, seed=1).tables["survey"]
        for k in (1, 2, 3):
            frame[f"loyalty_{k}"] = frame[f"satisfaction_{k}"]
        return frame

    with pytest.raises(CrmlabError) as caught:
        settled("loyalty", hopeless, "Ada")
    assert str(caught.value) == ("No draw for 'Ada' keeps the mistakes of 'loyalty' apart. 20 were tried. Give more "
                                 "customers, or other parts of the truth.")
    assert tried == list(range(MOST_VERSIONS))


def test_a_name_draws_the_same_version_however_it_is_written(mobi):
    found = book("loyalty")
    desk = found.desk(mobi)
    assert normal(" Ada ") == normal("ada") and normal(None) == ""
    one, other, third = (found.posed("zones", desk, name).version for name in ("Ada", " ada ", "Ben"))
    assert one == other != third


def test_data_that_cannot_tell_two_values_apart_say_so():
    words = Words("", "?", [], mistakes={"a": {"name": "the covariance", "says": "That is the covariance."},
                                         "b": {"name": "the slope", "says": "That is the slope."}})
    tell = Posed(words, {}, pd.Series([0.5]), {"a": pd.Series([0.501]), "b": pd.Series([0.9])})
    assert not tell.separated
    assert tell.judge(0.5).code == "right"
    assert tell.judge(0.5).says == ("Your data cannot tell this apart from a mistake: the covariance would give the same.")
    tell = Posed(words, {}, pd.Series([0.5]), {"a": pd.Series([0.901]), "b": pd.Series([0.9])})
    assert tell.judge(0.9).says == "That is the covariance. Or it is the slope: your data cannot tell these apart."


def test_values_stand_ten_tolerances_apart():
    kind = Numbers(2)
    assert kind.apart(pd.Series([0.50]), pd.Series([0.50 + APART * 0.0050001]))
    assert not kind.apart(pd.Series([0.50]), pd.Series([0.549]))


def test_weighted_customers_have_two_right_answers(mobi):
    weighted = worlds.survey(n=300, seed=2).tables["survey"]
    weighted["weight"] = np.linspace(0.2, 4, 300)
    found = book("loyalty")
    posed = found.posed("pearson", found.desk(weighted), "")
    whole = posed.version["x"] if posed.version["x"] in found.desk(weighted).scored else None
    assert posed.also is not None and posed.judge(float(posed.also.iloc[0])).code == "right"
    if whole:
        r = crm.loyalty.correlation(crm.score(weighted), posed.version["x"], posed.version["y"]).pearson.estimate
        assert posed.also.iloc[0] == pytest.approx(r)


def test_data_without_what_is_needed_leave_an_exercise_out():
    survey = worlds.survey(n=100, seed=1).tables["survey"]
    bare = survey[[c for c in survey if c.startswith(("customer", "satisfaction", "loyalty"))]]
    bare.attrs["crmlab"] = survey.attrs["crmlab"] | {"constructs": {
        name: survey.attrs["crmlab"]["constructs"][name] for name in ("satisfaction", "loyalty")}}
    lab = crm.lesson("loyalty", bare)
    assert repr(lab.check("loyalty.items", 3)) == ("– Left out. These data do not have what the exercise needs. It takes a "
                                                   "scale of three questions or more, other than satisfaction and "
                                                   "loyalty. Leave it out.")
    assert lab.check("loyalty.range").code == "todo"
    assert crm.lesson("loyalty").check("loyalty.range", 1).says == (
        "The lesson was opened without its data. No table was given. Open it with them, as in "
        "crm.lesson('loyalty', survey).")


def left_out(lesson: str, table: pd.DataFrame) -> set:
    lab = crm.lesson(lesson, table)
    replies = {name: lab.check(f"{lesson}.{name}", ...).code for name in NAMES[lesson] if not name.endswith("_number")}
    replies["review"] = lab.review(...).code
    assert set(replies.values()) <= {"todo", "left_out"}
    return {name for name, code in replies.items() if code == "left_out"}


def test_forms_of_one_firm_leave_out_what_takes_more(tmp_path):
    judged = crm.open_table("assessments", "case")
    assert left_out("qci", judged) == {"halo", "interval"}
    assert settled("qci", lambda attempt: judged, "Ada")[0] == 0
    assert left_out("qci", crm.open_table("assessments", "case_key")) == {"halo", "interval", "kappa"}
    own = worlds.firms(n=1, seed=4, truth={"raters": 2}).tables["assessments"]
    assert left_out("qci", own.drop(columns="performance")) == {"halo", "interval"}
    bare = own[["practice", "intention", "reality"]][:60].assign(firm="us")
    assert left_out("qci", bare) == {"halo", "interval", "kappa"}
    assert crm.lesson("qci", bare).check("qci.kappa", 0.5).says == (
        "These data do not have what the exercise needs. It takes two raters of one firm who both answered ten practices. "
        "Leave it out.")


def test_relations_known_by_orders_alone_leave_feelings_out():
    orders = crm.open_table("dyads", "cdnow")
    assert left_out("relationships", orders) == {"rungs", "cut", "floor", "retest", "kappa", "view", "decide", "review"}
    once = worlds.dyads(n=300, seed=2, truth={"waves": 1}).tables["dyads"]
    assert left_out("relationships", once) == {"retest"}


def test_a_log_of_few_who_never_came_back_leaves_most_out():
    days = pd.date_range("2024-01-01", periods=200)
    once = pd.DataFrame({"customer_id": [f"K{k}" for k in range(120)], "amount": [10.0 + k % 9 for k in range(120)],
                         "date": [days[7 * k % 200] for k in range(120)]})
    assert left_out("portfolio", once) == {"counting", "kept", "back", "decide", "review"}
    few = pd.concat([once[:8], once[:8].assign(date=once["date"][:8] + pd.Timedelta(days=40))])
    assert left_out("portfolio", few) == {"counting", "kept", "back", "decide", "review"}
    assert left_out("portfolio", worlds.shop(n=600, seed=3).tables["transactions"]) == set()


# ---- the companion ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mobi():
    return crm.open_table("survey", "mobi")


@pytest.fixture
def lab(mobi):
    return crm.lesson("loyalty", mobi, student="Ada")


class Hostile:
    """An answer whose every method fails."""

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")

    def __float__(self):
        raise KeyError("no")

    def __iter__(self):
        raise OSError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None


@pytest.mark.parametrize("answer", [Hostile(), [Hostile()], {"a": Hostile()}, pd.DataFrame(), [], {}, (), "", b"x", "…",
                                    pd.NaT, pd.NA, np.array([None]), [[1], [2, 3]], range(3), {1, 2}, lambda: 1, float,
                                    pd.Series(dtype=float), np.datetime64("2020-01-01"), "a" * 10**6, [[[]]], 1e999])
def test_a_check_never_raises_for_a_student(lab, answer):
    for name in NAMES["loyalty"]:
        if not name.endswith("_number"):
            assert lab.check(f"loyalty.{name}", answer).outcome in ("kind", "wrong", "todo")
    assert lab.review(answer).outcome in ("kind", "wrong", "todo")
    assert lab.decide("loyalty.decide", answer, answer, answer, answer).outcome in ("kind", "todo", "wrong")


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_value_asked_for_is_never_told(lesson):
    desk = book(lesson).desk(DEFAULTS[lesson]())
    for name in NAMES[lesson]:
        posed = book(lesson).posed(name, desk, "Ada")
        if not isinstance(posed.truth, pd.Series) or posed.words.kind == "order":
            continue
        told = [posed.judge(answer) for answer in [1e5, "x", *map(plain, posed.mistakes.values())]]
        told = " ".join(reply.says for reply in told) + posed.question + " ".join(map(posed.filled, posed.words.hints))
        for value in posed.truth:
            assert f"{value:.{posed.words.decimals}f}" not in re.findall(r"-?\d+\.\d+|\d{2,}", told)


def test_words_and_symbols_go_with_every_outcome(lab):
    reply = lab.check("loyalty.pearson", 99)
    page = reply._repr_html_()
    assert "✘ Not yet." in page and "<script" not in page and page == lab.check("loyalty.pearson", 99)._repr_html_()
    assert all(symbol for symbol, _ in OUTCOMES.values())
    assert repr(lab.ask("loyalty.pearson")).startswith("How closely do ")


def test_an_unknown_exercise_is_answered_with_the_nearest(lab):
    assert repr(lab.check("loyalty.peerson", 1)) == ("? Cannot be read yet. There is no exercise 'loyalty.peerson' in the "
                                                     "lesson 'loyalty'. Did you mean 'loyalty.pearson'?")
    assert crm.lesson("start_here").check("x", 1).says == ("There is no exercise 'x' in the lesson 'start_here'. There "
                                                           "are none.")
    assert crm.lesson("start_here").progress().says == "The lesson 'start_here' has no exercises."


def test_strict_mode_raises_on_anything_but_right(lab, monkeypatch):
    truth = plain(lab._posed("pearson").truth)
    monkeypatch.setenv(STRICT, "1")
    assert lab.check("loyalty.pearson", truth).code == "right"
    for answer in (..., 0.123, "x"):
        with pytest.raises(NotRight, match=r"^loyalty\.pearson: "):
            lab.check("loyalty.pearson", answer)
    with pytest.raises(NotRight):
        lab.review([1, 1])


def test_hints_come_one_by_one_and_are_counted(lab):
    first, second, third = (lab.hint("loyalty.pearson") for _ in range(3))
    assert first.says.startswith("1 of 2: The columns are `") and "Glossary, correlation: how closely" in first.says
    assert second.says == third.says and second.says.endswith("That was the last one.")
    assert lab.hint("loyalty.pearson", 1).says == first.says
    assert lab.record()["loyalty.pearson"]["hints"] == 2
    assert "{" not in first.says + second.says


def test_a_solution_is_for_practice(lab, mobi):
    assert lab.solution("loyalty.pearson").says.startswith("One way:\nanswer = ")
    assert lab.record()["loyalty.pearson"]["solution_seen"]
    exam = crm.lesson("loyalty", mobi, practice=False)
    assert exam.solution("loyalty.pearson").says == "There are no solutions in an exam."
    assert lab.solution("loyalty.decide").says.startswith("This one has no line of code.")
    assert lab.solution("loyalty.review").says.count("\n") == 1


def test_progress_counts_what_is_right(lab):
    assert lab.progress().says == "0 of 8 exercises done, 0 of 19 points."
    lab.check("loyalty.pearson", 99)
    lab.check("loyalty.pearson", plain(lab._posed("pearson").truth))
    assert lab.progress().says == "1 of 8 exercises done, 2 of 19 points."
    kept = lab.record()["loyalty.pearson"]
    assert (kept["code"], kept["first"], kept["tries"]) == ("right", "wrong", 2)
    assert "✔ Right." in repr(lab.progress())


# ---- the summary, the decision, the words -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_a_summary_has_two_sentences_too_many(seed):
    table = worlds.survey(n=300, seed=seed, truth={"b": 0.1 * (seed % 8)}).tables["survey"]
    lab = crm.lesson("loyalty", table, student=str(seed))
    summary = book("loyalty").summary(lab._desk, str(seed))
    assert len(summary.lines) == 5 and len(summary.truth) == 2
    assert not re.search(r"[{}]|nan|None", " ".join(line.text + line.why for line in summary.lines))
    assert lab.review(summary.truth).code == lab.review(tuple(summary.truth[::-1])).code == "right"
    fair = [place for place in range(1, 6) if place not in summary.truth]
    reply = lab.review([summary.truth[0], fair[0]])
    assert reply.code == f"wrong:missed {summary.lines[summary.truth[1] - 1].fault}"
    assert reply.says.startswith("1 of 2 are right.\nSentence ") and summary.lines[summary.truth[1] - 1].why not in reply.says


@pytest.mark.parametrize("forms", ["case", "case_key", "world:firms", "two raters"])
def test_the_summary_of_a_firm_says_what_the_lesson_says(forms):
    from crmlab.desk.exercises.qci import facts
    truth, name = (SEEN, "world:firms") if forms == "two raters" else (None, forms)
    table = crm.open_table("assessments", name, seed=3, truth=truth)
    desk, said = book("qci").desk(table), crm.qci.assessment(table).text()
    lines = book("qci").summary(desk, "Ada").lines
    assert sum(bool(line.fault) for line in lines) == 2 and len({line.text for line in lines}) == 5
    assert not re.search(r"[{}]|nan|None|–", " ".join(line.text + line.why for line in lines))
    numbers = facts(desk)
    assert f"scores {numbers['score']} of 100 points" in said and f"interval {numbers['low']} to {numbers['high']}" in said
    assert f"intention {numbers['intention']}, reality {numbers['reality']}, a gap of {numbers['gap']} points" in said
    assert ("alone" in numbers) == ("One person judged" in said)
    if "compared" in numbers:
        assert f"in the {numbers['quarter']} quarter of the {numbers['compared']} compared with" in said
        assert number_of(crm.qci.performance(table)) == (numbers["r"], numbers["r_low"], numbers["r_high"])


def number_of(performance) -> tuple:
    return tuple(glossary.number(performance.headline()[name]) for name in ("r_overall", "r_low", "r_high"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_sentence_of_a_summary_is_whole(lesson):
    found, untold = book(lesson), Counter()
    alone = [crm.open_table("assessments", "case_key")] if lesson == "qci" else []  # one rater has sentences of one's own
    for table in [*(DRAWS[lesson](seed)(0) for seed in range(3)), *alone]:
        facts = found.facts(found.desk(table))
        for line in [line for pool in ("fair", "too_much") for line in found.said["review"][pool]]:
            if set(re.findall(r"{(\w+)}", line["text"])) <= set(facts):
                assert not re.search(r"[{}]|nan|None|–", line["text"].format(**facts) + line["why"].format(**facts))
            else:
                untold[line["text"]] += 1
    assert max(untold.values(), default=0) < 3 + len(alone), "told in none of the draws"


def test_the_first_pages_numbers_stand_in_the_summary(lab):
    facts = book("loyalty")
    said = crm.loyalty.correlation(crm.score(lab._table)).text()
    from crmlab.desk.exercises.loyalty import facts as of
    numbers = of(lab._desk)
    for name in ("r", "low", "high", "elsewhere"):
        assert numbers[name] in said, name
    assert facts.facts is of


def test_a_decision_is_checked_and_its_words_are_kept(lab):
    assert lab.decide("loyalty.decide").says == "Still open: choice, number, because and would_change_if."
    rise = plain(lab._posed("decide_number").truth)
    words = {"because": "One survey shows no cause.", "would_change_if": "A trial by lot shows a gain."}
    reply = lab.decide("loyalty.decide", "pilot", round(rise, 2), **words)
    assert reply.code == "right" and reply.says.endswith("Words: noted; a person reads them.")
    assert lab.record()["loyalty.decide"]["answer"]["because"] == words["because"]
    assert lab.decide("loyalty.decide", "fund", rise, **words).code == "wrong:fund"
    assert lab.decide("loyalty.decide", "pilot", 99, **words).code == "wrong"
    long = lab.decide("loyalty.decide", "pilot", rise, "word " * 61, "x")
    assert long.says == "'because' has 61 words, and 60 are enough. As it is it earns nothing; what can go, and what is the point?"
    assert lab.decide("loyalty.decide", "pilot", rise, 3, "x").says == "'because' is a sentence in quotation marks."


def test_where_there_is_no_link_the_right_decision_is_to_drop_it():
    table = worlds.survey(n=3000, seed=1, truth={"b": 0.0, "switching": 0.0, "moderation": 0.0, "method": 0.0}).tables["survey"]
    assert crm.lesson("loyalty", table)._posed("decide").truth == ["drop"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_an_exam_tells_of_the_form_fits_every_exercise_and_is_not_what_is_right(lesson):
    found = book(lesson)
    for name, posed in found.asked(found.desk(DRAWS[lesson](1)(0)), "s1").items():
        told = exercise.form(posed.words, posed)
        truth = (list(posed.truth.index) if posed.words.kind == "order" else posed.truth.tolist()
                 if isinstance(posed.truth, pd.Series) else posed.truth)
        assert misread(truth if len(truth) > 1 else truth[0], **told) == "", name
        assert misread("nonsense", **told), name
        other = told.get("names", [])
        assert other in (sorted(other), [*posed.words.options, *posed.words.also]), name
        assert set(told) <= {"kind", "count", "names"}, name


def test_a_text_is_noted_within_its_cap(lab, monkeypatch):
    lab._book.said["letter"] = {"goal": "", "question": "Write a letter.", "hints": [], "kind": "text", "most_words": 3}
    lab._state["loyalty.letter"] = type(lab._state["loyalty.pearson"])()
    assert repr(lab.text("loyalty.letter")) == "Write a letter.\n… Not answered yet."
    assert lab.text("loyalty.letter", "one two three four").code == "kind"
    assert lab.text("loyalty.letter", "one two three").says == "3 words. A person reads them, no rule."
    assert lab.record()["loyalty.letter"]["answer"] == "one two three"


# ---- the books and the notebooks --------------------------------------------------------------------------


@pytest.mark.parametrize(("lesson", "name"), ALL)
def test_words_and_functions_go_together(lesson, name):
    found = book(lesson)
    words, function = found.words[name], found.functions[name]
    wanted = set(words.options) if words.kind == "choice" else set(function.wrong)
    assert set(words.mistakes) == wanted
    assert all(set(told) == {"name", "says"} and told["says"].endswith((".", "?")) for told in words.mistakes.values())
    assert words.goal and words.hints and words.points > 0 and words.otherwise
    assert not words.see or words.see in found.terms
    assert words.solution or words.kind in ("choice", "classes")
    assert set(found.words) == set(found.functions)


def code_cells(lesson: str):
    return [cell for cell in lessons.find(lesson).notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_exercise_stands_blank_in_its_lesson(lesson):
    cells = [cell for cell in code_cells(lesson) if "exercise" in cell.metadata.get("tags", [])]
    source = "\n".join(cell.source for cell in cells)
    for one in book(lesson).ids():
        assert f'"{one}"' in source or (one.endswith(".review") and "lab.review(...)" in source), one
    for cell in cells:
        if "progress" not in cell.source:
            assert "..." in cell.source and "… Not answered yet." in cell.outputs[-1].data["text/plain"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_answer_is_printed_above_its_exercise(lesson):
    table, seen = DEFAULTS[lesson](), []
    found = book(lesson)
    desk = found.desk(table)
    for cell in code_cells(lesson):
        for name in found.functions:
            if f'("{lesson}.{name}"' in cell.source and "predict" not in cell.source and "reveal" not in cell.source:
                posed = found.posed(name, desk, "")
                if isinstance(posed.truth, pd.Series):
                    values = [f"{abs(v):.{posed.words.decimals}f}" for v in posed.truth]
                    assert not set(values) <= set(seen), (name, values)
        shown = [str(out.get("data", {}).get(kind, "")) for out in cell.outputs for kind in ("text/plain", "text/html")]
        said = re.sub(r"\[[^\]]*\]|interval \S+ to \S+", "", " ".join(shown))  # the ends of intervals are no answers
        seen += re.findall(r"\d+(?:\.\d+)?", said)


DEFAULTS = {
    "loyalty": lambda: crm.open_table("survey", "mobi"),
    "qci": lambda: crm.open_table("assessments", "world:firms", seed=1, truth=SEEN),
    "portfolio": lambda: crm.open_table("transactions", "cdnow"),
    "relationships": lambda: crm.open_table("dyads", "world:dyads", seed=1),
}


#: Slow cells of a lesson that make nothing the exercises need.
UNNEEDED = {"portfolio": {"reveal", "clustered", "budget", "holdout-cell", "test"}}


def test_a_guess_of_points_is_given_in_points():
    lab = crm.lesson("qci")
    for low, high in ((0.4, 0.6), (-3, 40), (30, 130)):
        assert lab.predict("qci.overall", low=low, high=high) == "Points run from 0 to 100. Write 45 for 45 points."
    assert lab.predict("qci.overall", low=30, high=55).startswith("Noted: ")


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_guessed_can_be_laid_beside_its_number_when_marks_are_made(lesson):
    asked = re.findall(r'lab\.predict\("\w+\.(\w+)"', "\n".join(cell.source for cell in code_cells(lesson)))
    assert set(asked) == set(book(lesson).guessed)
    if lesson == "qci":  # a case that is the same for everybody
        key = crm.qci.assessment(crm.open_table("assessments", "case_key"))
        assert book(lesson).guessed["overall"](None) == pytest.approx(key.headline()["overall"])


def solved(lesson: str) -> nbformat.NotebookNode:
    """A copy of the lesson with the solutions filled in; what is deeper and no exercise is left away."""
    notebook, found = deepcopy(lessons.find(lesson).notebook), book(lesson)
    desk = found.desk(DEFAULTS[lesson]())
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.id not in UNNEEDED.get(lesson, ()) and (
        "exercise" in cell.metadata.get("tags", []) or not {"deeper", "front", "report"} & set(cell.metadata.get("tags", [])))]
    for cell in notebook.cells:
        cell.outputs = []
        for name in found.functions:
            if f'lab.check("{lesson}.{name}"' in cell.source:
                posed = found.posed(name, desk, "")
                code = posed.filled(posed.words.solution).strip() or f"answer = {posed.truth!r}"
                cell.source = cell.source.replace("answer = ...", code)
        if "lab.review(...)" in cell.source:
            cell.source = f"lab.review({found.summary(desk, '').truth})"
        if "lab.decide(" in cell.source:
            choice = found.posed("decide", desk, "").truth[0]
            code = found.words["decide_number"].solution.removeprefix("answer = ")
            cell.source = (f'lab.decide("{lesson}.decide", choice={choice!r}, number={code}, because="Nobody tried.", '
                           'would_change_if="A trial shows it.")')
    return notebook


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solved_lesson_passes_in_strict_mode(lesson, monkeypatch):
    monkeypatch.setenv(STRICT, "1")
    notebook = solved(lesson)
    done = kernel.execute(deepcopy(notebook), {}, None, False, lesson)
    replies = [cell.outputs[-1].data["text/plain"] for cell in done.cells
               if re.search(r"lab\.(check|review|decide)\(", cell.source)]
    assert len(replies) == len(book(lesson).ids()) and all("✔ Right." in reply for reply in replies)
    if lesson != LESSONS[0]:
        return
    last = next(cell for cell in notebook.cells if "lab.check(" in cell.source)
    last.source = f"answer = 12345\n{last.source.splitlines()[-1]}"
    notebook.cells = notebook.cells[:notebook.cells.index(last) + 1]
    with pytest.raises(kernel.LessonBroken, match="NotRight"):
        kernel.execute(notebook, {}, None, False, lesson)


def test_the_teaching_page_says_what_the_exercises_say():
    page = runpy.run_path(str(ROOT / "docs" / "make.py"))["page"]
    assert (ROOT / "docs" / "teaching.md").read_text("utf-8") == page()
