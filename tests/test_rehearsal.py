"""What validate says of a file is what the lesson does with it: nasty logs and surveys, asked and run."""

import functools
import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import crmlab as crm
from crmlab.desk import lessons, params, rehearsal, run
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.frame.result import LeftOut, Result

REFUNDS = Path(__file__).parent / "cases" / "h09_refunds_outweigh.csv"


def log(customers=30, n=150, **changes) -> pd.DataFrame:
    chance = np.random.default_rng(customers)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(chance.integers(0, 400, n), unit="D")
    plain = {"customer_id": [f"K{one:03}" for one in chance.integers(0, customers, n)], "date": days.strftime("%Y-%m-%d"),
             "amount": np.round(chance.gamma(2, 20, n), 2)}
    return pd.DataFrame({**plain, **{name: how(pd.DataFrame(plain)) if callable(how) else how for name, how in changes.items()}})


def late(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["date"]) > "2023-07-10"


FEW = "cannot be run. There are too few customers to speak of shares. The summary has {}. Give at least 10."
ONE_DAY = ("cannot be run. A log of one day has no two halves. All of it is of 2024-02-01. Open a log of several days, so that a later "
           "one can show who came back.")
NASTY = {
    "a plain one": (log(), "can be run"),
    "refunds outweigh": (pd.read_csv(REFUNDS), "can be run"),
    "nothing was ever paid": (log(amount=0.0), "can be run"),
    "purchases and refunds cancel out": (pd.concat([log(), log(amount=lambda f: -f["amount"])]), "can be run"),
    "one customer": (log(customer_id="A"), FEW.format("1 customer")),
    "two customers": (log(customer_id=["A", "B"] * 75), FEW.format("2 customers")),
    "nine customers": (log(customers=9), FEW.format("9 customers")),
    "ten customers": (log(customers=10), "can be run"),
    "one row": (log()[:1], FEW.format("1 customer")),
    "all on one day": (log(date="2024-02-01"), ONE_DAY),
    "all on two days": (log(date=["2024-02-01", "2024-02-02"] * 75),
                        "cannot be run. The log leaves no two periods. It runs from 2024-02-01 to 2024-02-02, and the start is "
                        "2024-02-01. Open a log of more days."),
    "all on three days": (log(date=["2024-02-01", "2024-02-02", "2024-02-03"] * 50), "can be run"),
    "refunds alone": (log(amount=lambda f: -f["amount"]),
                      "cannot be run. Nobody has bought by 2024-02-04. The log has refunds only. Look at the signs of the amounts."),
    "purchases of the last day alone": (
        log(amount=lambda f: np.where(f["date"] == f["date"].max(), 5.0, -1.0)),
        "cannot be run. There are too few customers to speak of shares. The summary has 1 customer. Give at least 10."),
    "purchases late alone": (
        log(amount=lambda f: np.where(pd.to_datetime(f["date"]) > "2023-09-01", 500.0, -1.0)),
        "cannot be run. Nobody had bought by the split, 2023-07-19. The first purchase is of 2023-09-02. Give a later day, as in "
        "split='2023-09-02', or a log that begins with purchases."),
    "nobody spent anything later": (log(amount=lambda f: np.where(late(f), -f["amount"], f["amount"])), "can be run"),
    "one has all": (log(amount=[1000.0, *[0] * 149]), "can be run"),
    "all bought once": (log(customer_id=range(150)), "can be run"),
    "margins below 0": (log(margin=lambda f: -f["amount"]), "can be run"),
    "margins of nothing": (log(margin=0.0), "can be run"),
    "one date of long ago": (log(date=lambda f: ["1600-01-01", *f["date"][1:]]), "can be run"),
    "each week the same": (log(customer_id=[f"K{k % 15}" for k in range(150)], amount=10.0, date=[
        f"{pd.Timestamp('2023-01-01') + pd.Timedelta(weeks=k // 15):%Y-%m-%d}" for k in range(150)]), "can be run"),
}


@pytest.fixture
def quick(monkeypatch):
    """Rooms that draw little, and no pictures: what a lesson computes and says is the same."""
    for name, analysis in vars(crm.portfolio).copy().items():
        if inspect.isfunction(analysis) and "draws" in inspect.signature(analysis).parameters:
            monkeypatch.setattr(crm.portfolio, name, functools.partial(analysis, draws=9))
    monkeypatch.setattr(Result, "figure", lambda self: self.caption().alt)


def executed(word: str, **given) -> dict:
    """The cells of a lesson in this process, with every result shown."""
    lesson = lessons.find(word)
    bound = params.bind(word, lesson.parameters, given)
    names = {"display": lambda *shown: [repr(one) for one in shown], **bound}
    for cell in lessons.about(lesson.notebook, bound["data"]).cells:
        if cell.cell_type == "code" and "parameters" not in lessons.tags(cell):
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("case", NASTY)
def test_validate_says_of_a_log_what_the_lesson_does_with_it(case, quick, tmp_path):
    frame, said = NASTY[case]
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = validate(tmp_path / "a.csv", "transactions")
    assert found.fine and found.abilities[0].startswith(f"portfolio: {said}")
    if said != "can be run":
        with pytest.raises(CrmlabError) as stopped:
            executed("portfolio", data=str(tmp_path / "a.csv"))
        assert found.abilities == (f"portfolio: cannot be run. {stopped.value}",)
        return
    names = executed("portfolio", data=str(tmp_path / "a.csv"))
    out = {result.title for result in names.values() if isinstance(result, LeftOut)}
    steps = {"How few bring how much": "concentration", "Groups": "clusters", "The mailing": "budget", "The holdout": "holdout",
             "How much of it is luck": "luck", "The customer pyramid": "pyramid", "Value and duration": "matrix"}
    named = {line.partition(":")[0] for line in found.abilities if "left out" in line}
    for name, variable in steps.items():
        assert (name in named) is isinstance(names[variable], LeftOut), (name, out)


REFUSED = {
    "a day that programs write for none": (
        log(date=lambda f: ["1900-01-01", *f["date"][1:]]),
        "transactions: 1 row is dated long before all others, on a day that stands for none. Row 1 reads '1900-01-01'. Correct the "
        "cells, or say missing=['1900-01-01'] and incomplete='drop' to leave them out."),
    "as it is written in the file": (
        log(date=lambda f: ["01.01.1970", *pd.to_datetime(f["date"][1:]).dt.strftime("%d.%m.%Y")]),
        "transactions: 1 row is dated long before all others, on a day that stands for none. Row 1 reads '01.01.1970'. Correct the "
        "cells, or say missing=['01.01.1970'] and incomplete='drop' to leave them out."),
    "more money than there is": (
        log(amount=lambda f: [1e308, *f["amount"][1:]]),
        "transactions: 1 amount has 16 digits and more. Row 1 reads '1e+308'. Correct the cells; if all are so large, write them in "
        "thousands or millions."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_placeholders_are_refused(case):
    frame, message = REFUSED[case]
    with pytest.raises(CrmlabError) as error:
        crm.open_table("transactions", frame)
    assert str(error.value) == message


def test_a_log_that_truly_begins_in_1970_is_read():
    old = log(date=lambda f: [f"19{70 + k % 30}-01-01" for k in range(len(f))])
    assert len(crm.open_table("transactions", old)) == 150


def test_a_step_left_out_is_revealed_published_and_exercised_like_any_other(tmp_path, monkeypatch):
    table = crm.open_table("transactions", REFUNDS)
    concentration = crm.portfolio.concentration(crm.customer_summary(table))
    assert isinstance(concentration, LeftOut) and table["amount"].sum() == pytest.approx(-5018.41)
    lab = crm.lesson("portfolio", table)
    lab.predict("portfolio.top20_share", low=0.2, high=0.5)
    revealed = lab.reveal("portfolio.top20_share", concentration)
    assert revealed is concentration.compare([1]) is concentration.reveal(1) is concentration
    monkeypatch.setenv("CRMLAB_OUT", str(tmp_path))
    crm.publish(concentration=concentration, guess=revealed)
    assert (tmp_path / "results" / "guess" / "figure.svg").exists()
    said = {exercise: lab.check(exercise, 5) for exercise in lab.record() if exercise.partition(".")[2] not in ("review", "decide")}
    assert said["portfolio.share"].code == "left_out"
    assert not [exercise for exercise, reply in said.items() if "could not be read" in repr(reply)]


SURVEY = pd.DataFrame({"satisfaction_1": [1, 7, 5, 6, 3] * 6, "loyalty_1": [1, 6, 7, 4, 2] * 6})


@pytest.mark.parametrize("changes, said", [
    ({}, "loyalty: can be run, with 1 item for satisfaction and 1 item for loyalty."),
    ({"satisfaction_1": [*[1, 7, 5] * 5, *[None] * 15], "loyalty_1": [*[None] * 15, *[1, 6, 7] * 5]},
     "loyalty: cannot be run. Too few customers have both satisfaction and loyalty. There are 0. A correlation with an interval needs at "
     "least 10."),
    ({"loyalty_2": [7, 2, 1, 4, 6] * 6},
     "loyalty: cannot be run. The score 'loyalty' does not vary. All 30 customers have 4. A correlation needs customers who differ.")])
def test_validate_asks_the_room_of_loyalty(changes, said, tmp_path):
    SURVEY.assign(**changes).to_csv(tmp_path / "a.csv", index=False)
    assert validate(tmp_path / "a.csv", scale="1-7").abilities[0] == said


def test_validate_asks_the_room_of_assessments(tmp_path):
    judged = crm.open_table("assessments", "case").assign(applicable=0)
    pd.DataFrame(judged).to_csv(tmp_path / "a.csv", index=False)
    assert validate(tmp_path / "a.csv", "assessments").abilities == (
        "qci: cannot be run. qci: no practice of 'Amselhof Pianos' can be scored. None applies and has both intention and reality. Fill "
        "in both for one at least.",)


# ---- what parameters tell is refused before a kernel starts --------------------------------------------------------


@pytest.mark.parametrize("lesson, given, message", [
    ("loyalty", {"drop_items": "CUSL9"}, "There is no item 'CUSL9' to drop."),
    ("loyalty", {"group": "contarct"}, "The customers cannot be grouped by 'contarct'."),
    ("loyalty", {"columns": "CUSL7=loyalty_1"}, "There is no column 'CUSL7'."),
    ("loyalty", {"data": "mobbi"}, "There is no data set 'mobbi'."),
    ("start_here", {"x": "trust"}, "survey: there are no items for 'trust'."),
    ("relationships", {"customer": "Z"}, "There is no customer 'Z'."),
    ("relationships", {"attitude_cut": "99"}, "The cut of attitude lies above its scale."),
    ("portfolio", {"reading": "refund=drop"}, "There is no reading 'refund'."),
    ("portfolio", {"reading": "refunds=dropp"}, "There is no choice of refunds 'dropp'."),
    ("portfolio", {"data": "cdnow_sample", "split": "2031-01-01"}, "The split lies outside the log."),
    ("qci", {"firm": "Nobody"}, "There is no firm 'Nobody'."),
])
def test_names_that_are_not_there_are_refused_at_once(lesson, given, message, tmp_path, monkeypatch):
    monkeypatch.setattr(run.kernel, "execute", lambda *_: pytest.fail("a kernel was started"))
    with pytest.raises(CrmlabError) as error:
        run.run(lesson, given, tmp_path / "out")
    assert error.value.wrong == message and not (tmp_path / "out" / "stamp.json").exists()


def test_the_defaults_are_not_read_twice():
    found = lessons.find("portfolio").parameters
    bound = {name: one.default for name, one in found.items()}
    rehearsal.refused("portfolio", {**bound, "seed": 2, "alpha": 0.01}, bound)  # of the shipped data nothing is asked
    with pytest.raises(CrmlabError):
        rehearsal.refused("portfolio", {**bound, "data": "nothing"}, bound)


@pytest.mark.parametrize("word", ["start_here", "loyalty", "relationships", "portfolio"])
def test_every_column_that_a_lesson_lists_is_accepted(word):
    lesson = lessons.find(word)
    names = [line.split()[0] for line in lessons.columns(lesson).splitlines() if line.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))]
    names = [name for name in names if name not in ("column", "question", "crmlab")]
    assert len(names) > 5
    from crmlab.sources import adapting

    adapting._refuse({f"Z{place}": name for place, name in enumerate(names)}, [f"Z{place}" for place in range(len(names))])
