"""A file on the bench: all problems at once, what the lessons can do, what is private."""

import pandas as pd
import pytest
from click.testing import CliRunner

from crmlab.cli import main
from crmlab.desk.validate import validate

ROWS = 12


def checked(folder, **changes):
    plain = {"customer_id": range(ROWS), "satisfaction_1": [1, 7, 5, 6] * 3,
             "satisfaction_2": [2, 7, 4, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    frame = pd.DataFrame({name: cells for name, cells in {**plain, **changes}.items() if cells is not None})
    frame.to_csv(folder / "a.csv", index=False)
    return validate(folder / "a.csv")


def test_a_good_file(tmp_path):
    found = checked(tmp_path, contract=["short", "long"] * 6, plan=[1, 2, 3] * 4, cluster=["x", "y"] * 6,
                    behaviour=[0, 1] * 6, age=range(20, 32), weight=2)
    assert found.fine and found.text() == """\
a.csv can be read.

Notes:
- 12 of 12 rows kept, 10 columns.
- The scale of satisfaction and loyalty was taken as 1 to 7, since the highest answer is 7: if that is not \
so, say scale='satisfaction=…'.
- There are 2 clusters: with fewer than 30, intervals that respect them are rough.

Lessons:
- loyalty: can be run, with 2 items for satisfaction and 1 item for loyalty.
- loyalty: 'loyalty' has one item only, so nothing can be said about its reliability.
- Groups can be compared by 'contract' and 'plan', and by 'age', split at the median.
- Each customer counts with the number in column 'weight'.
- Intervals will respect the 2 clusters of column 'cluster'.
- What the customers did later (column 'behaviour') can be set against what they said."""


def test_what_a_lesson_lacks(tmp_path):
    eleven = [None] + [1, 7, 5] * 3 + [2, 7]
    found = checked(tmp_path, loyalty_1=None, Loy=[1, 2, 3, 4] * 3,
                    satisfaction_1=eleven, satisfaction_2=eleven)
    assert found.fine
    assert found.notes[:2] == ("11 of 12 rows kept, 4 columns.", "1 row dropped, no item answered: row 2.")
    assert found.abilities == (
        "loyalty: cannot be run. survey: there are no items for 'loyalty'. Its columns without a place are "
        "'Loy'. Say which column asks for it, as in columns={'Loy': 'loyalty_1'}.",
        "Groups can be compared by 'Loy'.",
        "No column 'cluster': the customers are taken as independent of each other.",
        "No column 'behaviour': what the customers did later cannot be set against what they said.")


def test_customers_in_several_waves_are_no_strangers(tmp_path):
    found = checked(tmp_path, customer_id=[1, 2, 3, 4, 5, 6] * 2, wave=[1] * 6 + [2] * 6)
    assert ("12 rows of 6 customers: the answers of one customer are kept together, in intervals and verdicts."
            in found.abilities)
    assert not any("independent" in line for line in found.abilities)


def test_the_columns_of_the_file_are_counted(tmp_path):
    assert checked(tmp_path, customer_id=None).notes[:2] == (
        "12 of 12 rows kept, 3 columns.", "There is no customer_id: the rows were numbered from 1.")


def test_a_file_without_groups(tmp_path):
    assert checked(tmp_path).abilities[2] == (
        "No groups can be compared: no further column is a number or has 2 to 12 different values.")


def test_all_problems_in_one_go(tmp_path):
    found = checked(tmp_path, satisfaction_2=["n/a", *[7] * 11], loyalty_1=[-9, *[1, 7] * 5, 7],
                    weight=[0, *[1] * 11])
    assert not found.fine and found.text() == """\
a.csv cannot be used yet: 3 problems.
1. survey: column 'satisfaction_2' holds text. Row 2 reads 'n/a'. Say which words mean missing with \
missing=['n/a'].
2. survey: the scale of 'loyalty' is not plain from its answers. They run from -9 to 7, and all but \
row 2 lie on 1 to 7. -9 looks like a code for no answer: say missing=[-9], or correct the cells.
3. survey: a weight is above 0. It is 0 in row 2. Remove these rows from the file, or correct the weights.

Notes:
- 12 of 12 rows kept, 5 columns.
- The scale of satisfaction was taken as 1 to 7, since the highest answer is 7: if that is not so, say \
scale='satisfaction=…'."""


def test_what_cannot_be_read_at_all(tmp_path):
    found = validate(tmp_path / "b.csv")
    assert not found.fine and found.text() == (
        "b.csv cannot be used yet: 1 problem.\n"
        f"1. There is no file 'b.csv'. The folder '{tmp_path.name}' holds no table. "
        "Check the path, or give the whole of it.")


@pytest.mark.parametrize("name, word, sight", [
    ("contact", "ann@example.org", "e-mail addresses"),
    ("contact", "write to ann@example.org", "e-mail addresses"),
    ("tel", "+49 151 2345678", "phone numbers"), ("tel", "030/1234567", "phone numbers"),
    ("Vorname", "Ann", "names of people"), ("last_name", "Lee", "names of people"),
    ("remark", "I find that everything has become much too dear.", "free text"),
    ("date", "01-05-2024", ""), ("brand", "A & B", ""), ("code", "00012345", "")])
def test_private_columns_are_named(tmp_path, name, word, sight):
    found = checked(tmp_path, **{name: [word, *["x"] * 11]})
    assert found.private == ((f"Column '{name}' looks like {sight}: leave it out with '-' in columns before "
                              "you share anything.",) if sight else ())


def test_an_address_as_id_is_private(tmp_path):
    found = checked(tmp_path, customer_id=[f"c{row}@firm.com" for row in range(ROWS)])
    assert "e-mail addresses" in found.text()


def relations(folder, **changes):
    """A file of relations on the bench; nobody says which table it is."""
    plain = {"customer_id": [f"K{k}" for k in range(ROWS)], "orders": range(ROWS)}
    frame = pd.DataFrame({name: cells for name, cells in {**plain, **changes}.items() if cells is not None})
    frame.to_csv(folder / "r.csv", index=False)
    return validate(folder / "r.csv")


def test_relations_are_told_how_far_the_ladder_goes(tmp_path):
    found = relations(tmp_path)
    assert found.abilities == (
        "relationships: the ladder can be drawn up to customer.",
        'Whether it is a ladder: left out, these data do not answer "more than one purchase in mind?", "feels the '
        'relationship?", "speaks for us?" and "both sides active?".',
        "The five dimensions: left out, closeness needs three of the dimensions cooperation, balance, interdependence, social "
        "and informal, and the table has none of them.",
        "Who moved: left out, the customers were looked at once; movement needs a column 'wave' with two dates.",
        "Primary and secondary relations: left out, the primary score needs 3 of liking, respect, interdependence and social, "
        "and the table has none of them.",
        "Trust, commitment and fairness: left out, it takes items for two of trust, commitment and fairness, and the table has "
        "none of them.",
        "Giving and getting: left out, it takes what each side gives, given and received, and the table has neither.",
        "Whether the systems agree: left out, fewer than two systems can be applied to what was asked here.",
        "Not every claim can be tested: they also need trust, commitment and recommend.")
    assert found.notes[-1] == ("The file was taken as a table of relations (dyads), since it counts orders: if that is not so, "
                               "say table='survey'.")
    assert relations(tmp_path, days_since_last=range(ROWS)).abilities[0].endswith("up to client.")
    asked = relations(tmp_path, days_since_last=range(ROWS), trust_1=[1, 7, 5, 6] * 3)
    assert asked.abilities[0].endswith("up to supporter.")


def test_a_file_that_counts_no_orders_is_asked_for_them(tmp_path):
    found = relations(tmp_path, orders=None, recency=range(ROWS), bought=[1, 2, 3] * 4)
    assert found.text() == (
        "r.csv cannot be used yet: 1 problem.\n1. dyads: 'r.csv' counts no orders. Its columns are 'customer_id', 'recency' and "
        "'bought'. Say which column counts them, as in columns={'bought': 'orders'}.")


@pytest.mark.parametrize(("changes", "note"), [
    ({"orders": [2.5, *range(11)]}, "In 'orders' 1 number is not whole (row 2 reads 2.5), and it should count: is it money, or "
                                    "a mean?"),
    ({"recommend": [1, 7, 5, 6] * 3}, "The highest answer in 'recommend' is 7, on a scale from 0 to 10 where 9 makes an "
                                      "ambassador: if another scale was used, nobody can become one here."),
])
def test_numbers_that_hardly_mean_their_column_are_said(changes, note, tmp_path):
    assert note in relations(tmp_path, **changes).notes


@pytest.mark.parametrize(("changes", "problem"), [
    ({"trust_1": ["gut", "sehr gut", *[5, 7] * 5]},
     "dyads: column 'trust_1' holds text. Rows 2 and 3 read 'gut' and 'sehr gut'. Write numbers for the words in the file, as in "
     "4 for 'gut' and 5 for 'sehr gut', on a scale from 1 to 5, if those are its steps."),
    ({"orders": ["viele", *range(11)]},
     "dyads: column 'orders' holds text. Row 2 reads 'viele'. Write 'viele' as a number in the file; only a word that means no "
     "answer belongs in missing."),
    ({"days_since_last": ["2024-08-19", "2024-04-18"] * 6},
     "dyads: column 'days_since_last' holds text. Rows 2, 3, 4, 5, 6 and 7 more read '2024-08-19' and '2024-04-18'. Give the "
     "days from that date to today, or map the column to '-' in columns to leave it out."),
    ({"customer_id": ["K1", "K2"] * 6, "day": ["2024-08-19", "2024-04-18"] * 6},
     "dyads: a customer_id stands in more than one row; answers of one customer are not independent. Look at rows 2, 3, 4, 5, 6 "
     "and 7 more: 'K1' and 'K2'. With a day in 'day', this looks like a list of orders: read it with table='transactions', or "
     "count the orders of each customer first."),
])
def test_no_advice_deletes_an_answer_or_an_order(changes, problem, tmp_path):
    assert [str(found) for found in relations(tmp_path, **changes).problems] == [problem]



@pytest.mark.parametrize("words, remedy", [
    (["--columns", "Q1=satisfaction_1", "--columns", "Q2=loyalty_1"], 'Give it once, with commas: --columns "Q1=satisfaction_1,Q2=loyalty_1".'),
    (["--missing", "-99", "--missing", "k. A."], 'Give it once, with commas: --missing "-99,k. A.".'),
    (["--scale", "satisfaction=1-6", "--scale", "loyalty=1-7"], 'Give it once, with commas: --scale "satisfaction=1-6,loyalty=1-7".'),
    (["--scale", "1-6", "--scale", "1-7"], "Give it once."), (["--count", "a=b", "--count", "c=d"], "Give it once.")])
def test_an_option_that_is_typed_twice_is_refused(words, remedy):
    done = CliRunner().invoke(main, ["validate", "a.csv", *words])
    assert (done.exit_code, done.output) == (2, f"The parameter '{words[0][2:]}' is given twice. One value would be lost. {remedy}\n")
