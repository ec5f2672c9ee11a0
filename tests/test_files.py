"""File formats: a workbook whatever size it claims, types of other versions, and what is hidden is said."""

import decimal
import re
import zipfile
from datetime import date, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from crmlab.desk.course import roster
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources import forms
from crmlab.sources.opening import open_table

CASES = Path(__file__).parent / "cases"
ROWS = 12


def log(**changes) -> pd.DataFrame:
    plain = {"customer_id": [f"C{row}" for row in range(ROWS)], "date": pd.date_range("2024-01-01", periods=ROWS),
             "amount": np.arange(ROWS) + 0.5}
    return pd.DataFrame({**plain, **changes})


def survey(**changes) -> pd.DataFrame:
    plain = {"customer_id": [f"C{row}" for row in range(ROWS)], "satisfaction_1": [1, 7, 5, 6] * 3,
             "satisfaction_2": [2, 7, 4, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3}
    return pd.DataFrame({**plain, **changes})


def notes(frame: pd.DataFrame) -> list[str]:
    return tables.provenance(frame)["notes"]


def message(data, table="survey", **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table(table, data, **options)
    return str(error.value)


def resized(path: Path, size: str | None) -> Path:
    """The workbook with another size stored in each sheet, or with none."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    stored = f'<dimension ref="{size}"/>'.encode() if size is not None else b""
    with zipfile.ZipFile(path, "w") as new:
        for name, part in parts.items():
            new.writestr(name, re.sub(rb"<dimension[^>]*/>", stored, part) if "worksheets/" in name else part)
    return path


# ---- workbooks ---------------------------------------------------------------------------------------------

def test_a_workbook_is_read_whole_whatever_size_it_claims():
    found = open_table("transactions", CASES / "h01_stale_dimension.xlsx")
    assert (len(found), found["customer_id"].nunique()) == (40, 12)
    assert found["amount"].sum() == pytest.approx(1520.03)


@pytest.mark.parametrize("size", ["A1", "A1:B4", "A1:D3", "C5:D9", "A1:XFD1048576", None, "", "none", "Sheet1!A1:B2"])
def test_no_stored_size_is_believed(size, tmp_path):
    survey().to_excel(tmp_path / "a.xlsx", index=False)
    pd.testing.assert_frame_equal(open_table("survey", resized(tmp_path / "a.xlsx", size)), open_table("survey", survey()))


@pytest.mark.parametrize("size", ["A1", "A1:B3", None])
def test_a_form_and_a_roster_are_known_whatever_size_they_claim(size, tmp_path):
    from crmlab.desk.forms import template

    template("assessment", tmp_path / "form.xlsx")
    assert forms.recognised(resized(tmp_path / "form.xlsx", size)) == "sheets"
    people = pd.DataFrame({"id": ["7", "8"], "name": ["Ann", "Bo"], "email": ["a@x.org", "b@x.org"]})
    people.to_excel(tmp_path / "roster.xlsx", index=False)
    assert len(roster.read(resized(tmp_path / "roster.xlsx", size)).students) == 2


def book(path: Path, *sheets: pd.DataFrame) -> Workbook:
    made = Workbook()
    made.remove(made.active)
    for number, frame in enumerate(sheets, 1):
        sheet = made.create_sheet(f"S{number}")
        for row in [list(frame), *frame.astype(object).to_numpy().tolist()] if len(frame.columns) else []:
            sheet.append(row)
    return made


def test_hidden_rows_are_read_and_said(tmp_path):
    made = book(tmp_path, survey())
    for row in (3, 5, 9):
        made["S1"].row_dimensions[row].hidden = True
    made.save(tmp_path / "a.xlsx")
    found = open_table("survey", tmp_path / "a.xlsx")
    assert len(found) == 12
    assert notes(found)[0] == "In sheet 'S1' 3 rows are hidden and were read like the others: 3, 5 and 9."


def test_the_first_sheet_that_is_not_hidden_is_read(tmp_path):
    made = book(tmp_path, pd.DataFrame({"list": ["a"]}), survey())
    made["S1"].sheet_state = "hidden"
    made.save(tmp_path / "a.xlsx")
    assert notes(open_table("survey", tmp_path / "a.xlsx"))[0] == (
        "The workbook has 2 sheets; the first that is not hidden, 'S2', was read.")


def test_an_empty_first_sheet_names_the_one_with_data(tmp_path):
    book(tmp_path, pd.DataFrame(), survey()).save(tmp_path / "a.xlsx")
    assert message(tmp_path / "a.xlsx") == (
        "The first sheet of 'a.xlsx', 'S1', is empty. There is something in 'S2'. Move the sheet 'S2' to the front, or "
        "save it as a file of its own.")
    book(tmp_path, pd.DataFrame()).save(tmp_path / "b.xlsx")
    assert message(tmp_path / "b.xlsx").startswith("'b.xlsx' is empty.")


def test_an_old_or_locked_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert message(tmp_path / "a.xlsx") == (
        "'a.xlsx' is no .xlsx inside. It is a workbook of the old format .xls, or has a password. Open it in Excel, take "
        "the password away, and save it as .xlsx.")


# ---- parquet and frames ------------------------------------------------------------------------------------

def test_days_with_a_zone_in_a_type_of_another_version():
    found = open_table("transactions", CASES / "h10_arrow_timezone.parquet")
    assert len(found) == 40 and found["date"].dtype.kind == "M"
    assert notes(found) == ["In 'date' dates carry the time zone UTC: the days were taken as written there."]


KINDS = {
    "zone": {"date": pd.date_range("2024-01-01", periods=ROWS, tz="Europe/Berlin")},
    "category": {"customer_id": pd.Categorical([f"C{row}" for row in range(ROWS)])},
    "exact": {"amount": [decimal.Decimal(row) / 2 for row in range(ROWS)]},
    "day": {"date": [date(2024, 1, 1 + row) for row in range(ROWS)]},
    "time": {"at": [time(12, 30)] * ROWS},
    "span": {"took": [timedelta(days=3)] * ROWS},
    "whole": {"amount": pd.array(range(ROWS), "Int64")},
    "flag": {"paid": pd.array([True, None] * 6, "boolean")},
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_plain_type_is_read_on_each_road(kind, tmp_path):
    frame = log(**KINDS[kind])
    table = pa.Table.from_pandas(frame)
    pq.write_table(table, tmp_path / "a.parquet")
    roads = [frame, table.to_pandas(types_mapper=pd.ArrowDtype), tmp_path / "a.parquet"]
    read = [open_table("transactions", road) for road in roads]
    for other in read:
        assert other["amount"].tolist() == frame["amount"].astype(float).tolist()
        assert other["date"].dt.day.tolist() == list(range(1, ROWS + 1))
    assert kind != "zone" or validate(tmp_path / "a.parquet").fine


@pytest.mark.parametrize("cell", [[1, 2], {"city": "Bonn"}, b"\x00\x01", (3,)], ids=repr)
def test_columns_of_several_parts_are_left_out_and_said(cell, tmp_path):
    frame = log(basket=[cell] * ROWS)
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "a.parquet")
    for road in (frame, tmp_path / "a.parquet"):
        found = open_table("transactions", road)
        assert "basket" not in found and notes(found)[0] == (
            "'basket' holds lists or other things of several parts, which no table has a place for: left out.")
        assert notes(open_table("transactions", road, columns={"basket": "-"})) == ["Left out as asked: 'basket'."]


@pytest.mark.parametrize("name, columns", [("customer_id", {}), ("who", {"who": "customer_id"})])
def test_ids_in_lists_are_refused(name, columns, tmp_path):
    frame = log(customer_id=[["C1"], ["C2"]] * 6).rename(columns={"customer_id": name})
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "a.parquet")
    for road in (frame, tmp_path / "a.parquet"):
        assert message(road, "transactions", columns=columns) == (
            f"Column '{name}' does not hold one value in each cell. Row 1 reads ['C1']. Write a number or a word into each "
            "cell, and give lists a row or a column for each part.")


def test_an_index_with_names_is_kept(tmp_path):
    log().set_index(["customer_id", "date"]).to_parquet(tmp_path / "a.parquet")
    log().to_parquet(tmp_path / "b.parquet")
    pd.testing.assert_frame_equal(open_table("transactions", tmp_path / "a.parquet")[["customer_id", "date", "amount"]],
                                  open_table("transactions", tmp_path / "b.parquet"))


def test_names_that_are_numbers_or_have_several_levels():
    frame = log().set_axis([0, 1, 2], axis=1)
    read = open_table("transactions", frame, columns={0: "customer_id", 1: "date", 2: "amount"})
    assert read["amount"].tolist() == log()["amount"].tolist()
    levels = survey().set_axis(pd.MultiIndex.from_tuples(
        [("customer_id", ""), ("satisfaction", 1), ("satisfaction", 2), ("loyalty", "1")]), axis=1)
    assert list(open_table("survey", levels)) == list(survey())


# ---- what is passed to the door ----------------------------------------------------------------------------

@pytest.mark.parametrize("columns", [["a"], {"loyalty_1": 5}, {"loyalty_1": None}, "a=b", {"loyalty_1": ""}], ids=repr)
def test_a_mapping_that_is_none(columns):
    assert message(survey(), columns=columns) == (
        f"open_table: columns maps your names of columns on ours. Found {columns!r}. Write it as in columns={{'Z1': "
        "'satisfaction_1', 'remarks': '-'}; '-' leaves a column out.")


@pytest.mark.parametrize("scale", [(1, float("nan")), (1, float("inf")), {"loyalty": (1, 7)}, (1,), "1", 7], ids=repr)
def test_a_scale_that_is_none(scale):
    assert message(survey(), scale=scale).startswith(f"scale: the lowest and the highest answer are needed. Found {scale!r}.")


ODD = {
    "sparse": {"loyalty_1": pd.arrays.SparseArray([1, 6, 7, 4] * 3)}, "complex": {"x": [1j] * ROWS}, "sets": {"x": [{1}] * ROWS},
    "period": {"x": pd.period_range("2024-01", periods=ROWS, freq="M")}, "interval": {"x": pd.interval_range(0, ROWS)},
    "span": {"x": pd.to_timedelta(range(ROWS), unit="D")}, "nothing": {"x": [None] * ROWS}, "mixed": {"x": [1, "a", None, date(2024, 1, 1)] * 3},
    "category of nothing": {"x": pd.Categorical([None] * ROWS)}, "whole": {"loyalty_1": pd.array([1, None, 7, 4] * 3, "Int64")}}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("table", ["survey", "transactions", "dyads", "assessments"])
def test_no_type_of_a_frame_stops_with_a_traceback(kind, table):
    try:
        assert len(open_table(table, survey(**ODD[kind]))) == ROWS
    except CrmlabError as refused:
        assert table != "survey" and str(refused).endswith((".", "?"))


@pytest.mark.parametrize("name, content, said", [
    ("a.csv", b'{"error": "signed out"}', "'a.csv' is JSON, and no table. It begins with '{\"error\"'. Export it as .csv or .xlsx; if it is "
     "an error of the server, download the file again."),
    ("a.csv", b"\x1f\x8b\x08\x00", "'a.csv' is not a csv file. It begins like a gzip file. Give it the ending .csv.gz, or unpack it first."),
    ("a.csv", b"  \n \n", "'a.csv' is empty. It has no header and no rows. Export it again, with the names of the columns in the first row."),
    ("a.xlsx", b"<html><table><tr><td>1</td></tr></table>", "'a.xlsx' is a table written as a web page or as XML. It begins with '<html'. Open it in "
     "Excel or LibreOffice, and save it as .xlsx.")])
def test_files_that_are_something_else(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert message(tmp_path / name) == said


def test_bars_between_cells_and_errors_of_a_spreadsheet(tmp_path):
    survey().to_csv(tmp_path / "a.csv", index=False, sep="|")
    assert len(open_table("survey", tmp_path / "a.csv")) == ROWS
    assert message(survey(loyalty_1=["#N/A", "#DIV/0!", 7, 4] * 3)).endswith("Say which words mean missing with missing=['#N/A', '#DIV/0!'].")
