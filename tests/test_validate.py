"""A file on the bench: all problems at once, what the lessons can do, what is private."""

import pandas as pd
import pytest

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
row 2 lie on 1 to 7. Say missing=[-9] if that means no answer, or correct the cells and say \
scale='loyalty=1-7'.
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


def test_relations_are_told_what_the_ladder_can_do(tmp_path):
    log = pd.DataFrame({"customer_id": [f"K{k}" for k in range(12)], "orders": range(12)})
    log.to_csv(tmp_path / "log.csv", index=False)
    told = validate(tmp_path / "log.csv", "dyads")
    assert told.abilities == (
        "relationships: the ladder can be drawn, up to client: nobody was asked about trust or commitment.",
        "No column 'wave' with two dates: who moved cannot be seen.")
