"""Transaction logs as people have them: every dirty shape is counted and explained, or refused in three sentences."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crmlab as crm
from crmlab.desk.validate import validate
from crmlab.frame import dates
from crmlab.frame.errors import CrmlabError
from crmlab.measures import tables
from crmlab.sources import logs, money
from crmlab.sources.opening import examined, open_table

TODAY = pd.Timestamp("2026-11-22")
NO_DAY_COUNTS = "1 row adds to a day on which the customer had bought already: days are what counts as a purchase."


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(logs, "_today", lambda zone: TODAY)


def log(**columns) -> pd.DataFrame:
    """Six plain rows of three customers; what is given replaces a column."""
    plain = {"customer_id": ["A", "A", "B", "B", "C", "C"], "amount": [10.0, 4.5, 20.0, 8.0, 3.0, 1.0],
             "date": ["2024-01-03", "2024-02-05", "2024-01-03", "2024-03-01", "2024-01-09", "2024-01-10"]}
    return pd.DataFrame({**plain, **columns})


def opened(frame, **options) -> tuple[pd.DataFrame, dict]:
    table = open_table("transactions", frame, **options)
    prov = tables.provenance(table)
    assert prov["rows_read"] == prov["rows_kept"] + sum(part["count"] for part in prov["dropped"])
    return table, prov


def refused(frame, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("transactions", frame, **options)
    return str(error.value)


def test_a_clean_log_opens_without_a_word():
    table, prov = opened(log(product=["x", "y"] * 3))
    assert list(table) == ["customer_id", "date", "amount", "product"] and list(table.index) == list(range(6))
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == log()["date"].tolist()
    assert table["amount"].tolist() == log()["amount"].tolist() and prov["notes"] == [] == prov["dropped"]
    assert prov["table"] == "transactions" and set(prov["meanings"]) == set(table)


# ---- the ten shapes, and some more ------------------------------------------------------------------------


REFUNDS = [10.0, -4.5, 20.0, 8.0, -3.0, -1.0]


def test_refunds_lower_the_value_and_are_counted():
    table, prov = opened(log(amount=REFUNDS))
    assert table["amount"].tolist() == REFUNDS
    assert prov["notes"] == ["3 rows are refunds, −8.50 in all: a refund lowers the value and is no purchase.",
                             "1 customer has refunds only, and so no purchase."]


def test_refunds_are_dropped_or_refused_where_one_says_so():
    table, prov = opened(log(amount=REFUNDS), refunds="drop")
    assert prov["dropped"] == [{"reason": "a refund", "count": 3, "rows": [2, 5, 6]}] and prov["notes"] == []
    assert set(table["customer_id"]) == {"A", "B"}
    assert refused(log(amount=REFUNDS), refunds="refuse") == (
        "transactions: 3 rows are refunds. The amount is below 0 in rows 2, 5 and 6. Correct the cells, or say "
        "refunds='subtract' or refunds='drop'.")


def test_a_refund_before_the_first_purchase_is_counted():
    assert opened(log(amount=[-10.0, 4.5, 20.0, 8.0, 3.0, 1.0]))[1]["notes"] == [
        "1 row is a refund, −10.00 in all: a refund lowers the value and is no purchase.",
        "1 row is a refund from before the customer's first purchase."]


def test_several_a_day_and_nothing_paid():
    _, prov = opened(log(date=["2024-01-03"] * 2 + log()["date"].tolist()[2:], amount=[10, 0, 20, 8, 3, 1]))
    assert prov["notes"] == [NO_DAY_COUNTS, "1 row has the amount 0 and counts as a purchase."]


def copies() -> pd.DataFrame:
    return pd.concat([log(), log()[1:3]], ignore_index=True)


def test_copies_are_kept_dropped_or_refused():
    assert opened(copies())[1]["notes"] == [
        "2 rows are exact copies of an earlier one, kept as further purchases; duplicates='drop' leaves them out.",
        "2 rows add to a day on which the customer had bought already: days are what counts as a purchase."]
    table, prov = opened(copies(), duplicates="drop")
    assert len(table) == 6 and prov["notes"] == []
    assert prov["dropped"] == [{"reason": "an exact copy of an earlier row", "count": 2, "rows": [7, 8]}]
    assert refused(copies(), duplicates="refuse") == (
        "transactions: 2 rows are exact copies of an earlier one. Look at rows 7 and 8. Remove them from the file, or "
        "say duplicates='drop' or duplicates='keep'.")


def test_rows_that_differ_in_a_column_left_out_are_no_copies():
    assert opened(log(customer_id="A", date="2024-01-03", amount=1.0, line=range(6)), columns={"line": "-"},
                  duplicates="drop")[1]["rows_kept"] == 6


def test_rows_of_two_hours_are_no_copies():
    hours = log(customer_id="A", amount=1.0, date=["2024-01-03 10:00", "2024-01-03 10:00", "2024-01-03 11:00",
                                                   "2024-01-04", "2024-01-05", "2024-01-06"])
    assert opened(hours, duplicates="drop")[1]["dropped"][0]["rows"] == [2]


ZONES = ["2024-01-03T23:30:00Z", "2024-02-05T10:00:00+02:00", "2024-01-03 00:10", "2024-03-01T00:00:00Z",
         "2024-01-09T00:00:00Z", "2024-01-10T00:00:00Z"]


def test_time_zones_are_never_mixed():
    assert refused(log(date=ZONES)) == (
        "transactions: column 'date' mixes time zones, so the days are not plain. The offsets are +00:00 and +02:00; "
        "row 3 has none. Name the zone in which you count days, as in timezone='Europe/Berlin'.")
    table, prov = opened(log(date=ZONES), timezone="Europe/Berlin")
    assert str(table["date"][0])[:10] == "2024-01-04"
    assert prov["notes"] == [
        "In 'date' the days are those of Europe/Berlin: 1 row changed the day. 1 date without an offset stayed as "
        "written.", "In 'date' the times of day were left out: the day is what counts."]


def test_one_offset_is_taken_as_written():
    table, prov = opened(log(date=[f"{day}T23:30:00+02:00" for day in log()["date"]]))
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == log()["date"].tolist()
    assert prov["notes"][0] == "In 'date' all dates carry the offset +02:00: the days were taken as written."


def test_columns_of_dates_with_a_zone():
    stamps = pd.to_datetime(log()["date"]).dt.tz_localize("UTC") + pd.Timedelta("23h")
    table, prov = opened(log(date=stamps))
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == log()["date"].tolist()
    assert prov["notes"][0] == "In 'date' dates carry the time zone UTC: the days were taken as written there."
    moved, prov = opened(log(date=stamps), timezone="Europe/Berlin")
    assert ((moved["date"] - table["date"]).dt.days == 1).all()
    assert prov["notes"][0] == "In 'date' the days are those of Europe/Berlin."
    summer = stamps.dt.tz_convert("Europe/Berlin") + pd.to_timedelta([0, 200, 0, 0, 0, 0], unit="D")
    assert opened(log(date=summer))[1]["notes"][0].startswith("In 'date' dates carry the time zone Europe/Berlin")


def test_amounts_keep_their_currency():
    """As the sign that stands beside them, or as one says; it goes with every sum that is told."""
    euros, prov = opened(log(amount=["1.234,50 €", "12,50 €", "20 €", "8,- €", "3 €", "1.200 €"]))
    assert prov["currency"] == "€" and "and 2,478.00\xa0€ in all." in crm.card(euros).text()
    told, prov = opened(log(), currency="CHF")
    assert prov["currency"] == "CHF" and tables.provenance(crm.customer_summary(told))["currency"] == "CHF"
    assert opened(log())[1]["currency"] == "" and "\xa0" not in crm.card(opened(log())[0]).text()


MONEY = {
    "dollars, thousands and parentheses": (
        ["$1,234.50", "($12.50)", "$20", "$8", "-$3", "$-1,200"], [1234.5, -12.5, 20, 8, -3, -1200],
        ["In 'amount' 6 amounts carry the sign '$': sums are told in it.",
         "In 'amount' 1 amount stands in parentheses or with a minus behind: '($12.50)' was read as -12.5.",
         "In 'amount' 2 amounts have a sign for thousands: '$1,234.50' was read as 1234.5."]),
    "euros": (
        ["1.234,50 €", "12,50 €", "20 €", "8,- €", "3 €", "1.200 €"], [1234.5, 12.5, 20, 8, 3, 1200],
        ["In 'amount' 6 amounts carry the sign '€': sums are told in it.",
         "In 'amount' 2 amounts have a sign for thousands: '1.234,50 €' was read as 1234.5."]),
    "francs": (
        ["CHF 1'234.50", "CHF 12.5", "3", "CHF 4'000", "5", "CHF 12.50-"], [1234.5, 12.5, 3, 4000, 5, -12.5],
        ["In 'amount' 4 amounts carry the sign 'CHF': sums are told in it.",
         "In 'amount' 1 amount stands in parentheses or with a minus behind: 'CHF 12.50-' was read as -12.5.",
         "In 'amount' 2 amounts have a sign for thousands: 'CHF 1'234.50' was read as 1234.5."]),
    "blanks between thousands": (
        ["1 234,50", "12,5", "3", "4\u00a0000", "−5", "0,5"], [1234.5, 12.5, 3, 4000, -5, 0.5],
        ["In 'amount' 2 amounts have a sign for thousands: '1 234,50' was read as 1234.5."]),
    "plain": (["1e2", "12.125", "3", "4", "5", ".5"], [100, 12.125, 3, 4, 5, 0.5], []),
}


@pytest.mark.parametrize("case", MONEY)
def test_amounts_as_text(case):
    cells, sizes, notes = MONEY[case]
    found = money.read(pd.Series(cells, name="amount"))
    assert found.problems == [] and found.notes == notes
    assert opened(log(amount=cells))[0]["amount"].tolist() == sizes


BAD_MONEY = {
    "two currencies": (
        ["$12.50", "8,00 €", "3", "4", "5", "6"],
        "transactions: column 'amount' mixes currencies. Row 1 reads '$12.50'; row 2 reads '8,00 €'. Convert all "
        "amounts into one currency, or open a file for each."),
    "thousands or decimals": (
        ["1,200", "80", "2,450", "3", "4", "5"],
        "transactions: column 'amount' can be read in two ways. Rows 1 and 3 read '1,200' and '2,450': 1,200 may mean "
        "1200, or 1 and a bit. Say decimal='point' if the comma marks thousands, or decimal='comma' if it marks decimals."),
    "two decimal signs": (
        ["12.50", "8,30", "3", "4", "5", "6"],
        "transactions: column 'amount' has decimal commas and decimal points side by side. Row 2 reads '8,30', and "
        "row 1 reads '12.50'. Write one of the two throughout."),
    "words": (
        ["12.50", "free", "n/a", "4", "5 pcs", "6"],
        "transactions: column 'amount' holds text. Rows 2, 3 and 5 read 'free', 'n/a' and '5 pcs'. Write 'free' as a number "
        "in the file, say missing=['n/a'], and look at row 5; only a word that means no answer belongs in missing."),
    "infinite": (
        [1.0, np.inf, 1, 1, 1, 1],
        "transactions: column 'amount' holds infinite values. Row 2 reads 'inf'. Look for a division by zero, and "
        "leave such cells empty."),
}


@pytest.mark.parametrize("case", BAD_MONEY)
def test_amounts_that_are_refused(case):
    cells, message = BAD_MONEY[case]
    assert refused(log(amount=cells)) == message


def test_the_future_is_refused_or_left_out():
    late = log(date=["2031-01-01", *log()["date"][1:-1], "2099-01-09"])
    assert refused(late) == (
        "transactions: 2 rows are dated in the future. Rows 1 and 6 read '2031-01-01' and '2099-01-09', and today is "
        "2026-11-22. Correct the cells, or say until='2026-11-22' to leave out what is later.")
    _, prov = opened(late, until="2024-02-10")
    assert prov["dropped"] == [{"reason": "later than 2024-02-10", "count": 3, "rows": [1, 4, 6]}]
    assert prov["until"] == "2024-02-10"


DATES = {
    "05/06/2024 has two readings": (
        ["03/01/2024", "05/02/2024", "03/01/2024", "03/01/2024", "09/09/2024", "9/1/2024"], {},
        "transactions: column 'date' can be read in two ways. Rows 1, 2, 3, 4 and 6 read '03/01/2024', '05/02/2024' "
        "and '9/1/2024': '03/01/2024' may be 3 January 2024 or 1 March 2024. Say dates='day first' or dates='month "
        "first', or write 2024-05-31."),
    "both orders": (
        ["31/05/2024", "05/31/2024", *["01/01/2024"] * 4], {},
        "transactions: column 'date' has dates in both orders. Row 1 reads '31/05/2024', with the day first, and row "
        "2 reads '05/31/2024', with the month first. Write all as 2024-05-31."),
    "half made dates by a spreadsheet": (
        [dt.datetime(2024, 5, 1), "13/05/2024", *[dt.datetime(2024, 6, 1)] * 4], {},
        "transactions: column 'date' holds dates and words that look like dates. Row 2 reads '13/05/2024'; a "
        "spreadsheet that made dates of the others may have swapped their day and month. Import the column as text, "
        "or write all as 2024-05-31."),
    "day numbers": (
        [45443, 45444, 45445, 45446, 45447, 45448], {},
        "transactions: column 'date' holds cells that are no date. Rows 1, 2, 3, 4, 5 and 1 more read '45443', "
        "'45444', '45445', '45446', '45447' and 1 more. These may be a spreadsheet's day numbers: format the column "
        "as a date there, and save it again."),
    "words and slips": (
        ["n/a", "2024-02-30", "31.05.24", *["2024-01-01"] * 3], {},
        "transactions: column 'date' holds cells that are no date. Rows 1, 2 and 3 read 'n/a', '2024-02-30' and "
        "'31.05.24'. Say which words mean missing with missing=['n/a'], look at rows 2 and 3, and write dates as "
        "2024-05-31."),
    "no such day in that order": (
        ["31/05/2024", *["01/02/2024"] * 5], {"dates": "month first"},
        "transactions: column 'date' holds cells that are no date. Row 1 reads '31/05/2024'. Look at row 1, and write "
        "dates as 2024-05-31."),
}


@pytest.mark.parametrize("case", DATES)
def test_dates_are_never_guessed(case):
    cells, options, message = DATES[case]
    assert refused(log(date=cells), **options) == message


@pytest.mark.parametrize("cells, options, day, note", [
    (["31/05/2024", "03/04/2024"], {}, "2024-04-03",
     "In 'date' dates were read as day/month/year, since row 1 reads '31/05/2024'."),
    (["05/31/2024 1:10 PM", "03/04/2024"], {}, "2024-03-04",
     "In 'date' dates were read as month/day/year, since row 1 reads '05/31/2024 1:10 PM'."),
    (["01.02.2024", "03.04.2024"], {}, "2024-04-03",
     "In 'date' dates were read as day.month.year, as is usual with points: '01.02.2024' as 1 February 2024; if that "
     "is not so, say dates='month first'."),
    (["01-02-2024", "03-04-2024"], {"dates": "month first"}, "2024-03-04", None),
    ([20240131, 20240403], {}, "2024-04-03", None), (["20240131", "20240403.0"[:8]], {}, "2024-04-03", None),
    (["2024-01-31T10:00:00.123", "2024-04-03 23:59"], {}, "2024-04-03",
     "In 'date' the times of day were left out: the day is what counts."),
    ([dt.date(2024, 1, 31), dt.datetime(2024, 4, 3)], {}, "2024-04-03", None),
    (["2024/1/31", "2024/4/3"], {}, "2024-04-03", None)])
def test_usual_dates_are_read(cells, options, day, note):
    table, prov = opened(log(date=[*cells, *[cells[0]] * 4]), **options)
    assert str(table["date"][1])[:10] == day
    assert note is None or note in prov["notes"]


IDS = ["A", None, "B", "B", "guest", "C"]


def test_rows_without_a_customer():
    assert refused(log(customer_id=IDS)) == (
        "transactions: 1 row lacks a customer_id. Column 'customer_id' is empty in row 2. Fill them, or say "
        "incomplete='drop' to leave such rows out.")
    _, prov = opened(log(customer_id=IDS), missing=["guest"], incomplete="drop")
    assert prov["notes"] == ["In 'customer_id' 1 cell read 'guest': missing."]
    assert prov["dropped"] == [{"reason": "customer, date or amount is lacking", "count": 2, "rows": [2, 5]}]


def test_rows_without_amount_or_date():
    holes = log(date=[None, *log()["date"][1:]], amount=[1, 2, "n/a", 4, 5, 6])
    assert refused(holes, missing=["n/a"]) == (
        "transactions: 2 rows lack a date or an amount. Column 'date' is empty in row 1 and 'amount' reads 'n/a' in "
        "row 3. Fill them, or say incomplete='drop' to leave such rows out.")


@pytest.mark.parametrize("size, said", [(46.5, "it is the sum of the rows above"), (99, "it may be a sum")])
def test_a_sum_at_the_foot_of_a_sheet(tmp_path, size, said):
    """Excel, with dates as dates; a blank row in the middle is counted."""
    sheet = log(date=pd.to_datetime(log()["date"])).astype(object)
    sheet.loc[2.5], sheet.loc[9] = [None, None, pd.NaT], [None, size, pd.NaT]
    sheet.sort_index().to_excel(tmp_path / "a.xlsx", index=False)
    assert refused(tmp_path / "a.xlsx") == (
        f"transactions: 1 row lacks a customer_id or a date. Row 9, the last, has an amount and no customer: {said}. "
        "Remove it from the file, or say incomplete='drop' to leave it out.")
    table, prov = opened(tmp_path / "a.xlsx", incomplete="drop")
    assert table["date"].dt.strftime("%Y-%m-%d").tolist() == log()["date"].tolist()
    assert prov["dropped"] == [{"reason": "the whole row is empty", "count": 1, "rows": [5]},
                               {"reason": "customer, date or amount is lacking", "count": 1, "rows": [9]}]


GERMAN = "Kunde;Datum;Betrag\nA;03.01.2024;12,50\nB;14.01.2024;1.234,50\nB;15.01.2024;-8\n"
NAMES = {"Kunde": "customer_id", "Datum": "date", "Betrag": "amount"}


def test_semicolons_and_decimal_commas(tmp_path):
    (tmp_path / "g.csv").write_text(GERMAN)
    table, prov = opened(tmp_path / "g.csv", columns=NAMES)
    assert table["amount"].tolist() == [12.5, 1234.5, -8]
    assert prov["notes"] == [
        "In 'date' dates were read as day.month.year, since row 3 reads '14.01.2024'.",
        "In 'amount' 1 amount has a sign for thousands: '1.234,50' was read as 1234.5.",
        "1 row is a refund, −8.00 in all: a refund lowers the value and is no purchase."]
    assert prov["meanings"]["amount"] == "what was paid; below 0 for a refund (your column 'Betrag')"
    (tmp_path / "g.csv").write_text("customer_id;date;amount\nA;2024-01-01;1.250\nB;2024-01-01;2.798\n")
    assert refused(tmp_path / "g.csv") == (
        "transactions: column 'amount' can be read in two ways. Rows 2 and 3 read '1.250' and '2.798': 1.250 may mean "
        "1250, or 1 and a bit. Say decimal='comma' if the point marks thousands, or decimal='point' if it marks decimals.")


@pytest.mark.parametrize("names, message", [
    (["Kunde", "Datum", "Betrag"],
     "transactions: there is no column 'customer_id', 'date' or 'amount'. The columns are 'Kunde', 'Datum' and 'Betrag'. "
     "Did you mean 'Kunde', 'Datum' and 'Betrag', as in columns={'Kunde': 'customer_id', 'Datum': 'date', 'Betrag': "
     "'amount'}?"),
    (["customer_id", "date", "amuont"],
     "transactions: there is no column 'amount'. The columns are 'customer_id', 'date' and 'amuont'. Did you mean "
     "'amuont', as in columns={'amuont': 'amount'}?"),
    (["customer_id", "date", "Z9"],
     "transactions: there is no column 'amount'. The columns are 'customer_id', 'date' and 'Z9'. Add it, or say which "
     "column it is, as in columns={'Z9': 'amount'}.")])
def test_columns_that_are_lacking(names, message):
    assert refused(log()[["customer_id", "date", "amount"]].set_axis(names, axis=1)) == message


# ---- options --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options, message", [
    ({"refunds": "substract"}, "There is no choice of refunds 'substract'. crmlab has: subtract, drop and refuse. Did "
                               "you mean 'subtract'?"),
    ({"dates": "days first"}, "There is no choice of dates 'days first'. crmlab has: day first and month first. Did "
                              "you mean 'day first'?"),
    ({"timezone": "Europe/Berln"}, "There is no time zone 'Europe/Berln'. Zones are called by continent and city. Did "
                                   "you mean 'Europe/Berlin'?"),
    ({"until": "May"}, "open_table: until is one day. Found 'May'. Write it as in until='2024-05-31'."),
    ({"until": "05/06/2024"}, "open_table: until is one day. Found '05/06/2024'. Write it as in until='2024-05-31'."),
    ({"until": "2020-01-01"}, "transactions: no row is left. 'a data frame' has 6 rows, and all were dropped: 6 (later "
                              "than 2020-01-01). Look at the options and at the file.")])
def test_options_that_cannot_be(options, message):
    assert refused(log(), **options) == message


def test_options_of_logs_are_for_logs():
    with pytest.raises(CrmlabError) as error:
        open_table("survey", "world:survey", refunds="drop", until="2024-01-01")
    assert str(error.value) == ("open_table: refunds and until are for the table transactions. The table here is "
                                "survey. Leave that out.")


def test_a_log_is_no_survey():
    with pytest.raises(CrmlabError) as error:
        open_table("survey", pd.concat([log()] * 2))
    assert str(error.value) == (
        "survey: 'a data frame' has no items. Its columns are 'customer_id', 'amount' and 'date'. It looks like a log of "
        "purchases: open it as the table 'transactions'.")


def test_all_problems_at_once():
    bad = log(date=["31/05/2024", "05/31/2024", *["2024-01-01"] * 4], amount=["$1", "2 €", "-3", "4", "5", "6"],
              customer_id=["A", None, "B", "B", "C", "C"], margin=["x", 1, 1, 1, 1, 1])
    _, problems = examined("transactions", bad, refunds="refuse")
    assert [problem.wrong for problem in problems] == [
        "transactions: column 'date' has dates in both orders.", "transactions: column 'amount' mixes currencies.",
        "transactions: column 'margin' holds text.", "transactions: 1 row lacks a customer_id."]


def test_the_input_is_left_as_it_was():
    frame = log(amount=["$1", "2", "3", "4", "(5)", "6"])
    before = frame.copy(deep=True)
    open_table("transactions", frame, refunds="drop", duplicates="drop")
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == {}


def test_many_dropped_rows_are_counted_and_the_first_named():
    many = pd.DataFrame({"customer_id": "A", "date": "2024-01-01", "amount": [1.0] * 5000})
    _, prov = opened(many, duplicates="drop")
    assert prov["dropped"][0]["count"] == 4999 and prov["dropped"][0]["rows"] == list(range(2, 1002))


# ---- properties -------------------------------------------------------------------------------------------------


DAYS = st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)), min_size=1, max_size=12)
FORMS = {"%Y-%m-%d": None, "%Y%m%d": None, "%d.%m.%Y": "day first", "%d/%m/%Y": "day first", "%m/%d/%Y": "month first",
         "%Y/%m/%d 23:59": None, "%Y-%m-%dT00:00:01Z": None}


@settings(max_examples=40, deadline=None)
@given(days=DAYS, form=st.sampled_from(list(FORMS)))
def test_any_day_in_any_form_reads_back(days, form):
    found = dates.read(pd.Series([day.strftime(form) for day in days], name="date"), FORMS[form])
    assert not found.problems and found.days.dt.date.tolist() == days


@settings(max_examples=40, deadline=None)
@given(days=DAYS, form=st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_without_an_order_dates_are_right_or_refused(days, form):
    found = dates.read(pd.Series([day.strftime(form) for day in days], name="date"))
    assert found.problems or found.days.dt.date.tolist() == days


@settings(max_examples=60, deadline=None)
@given(cents=st.lists(st.integers(-10**8, 10**8), min_size=1, max_size=12), decimal=st.sampled_from(".,"),
       before=st.sampled_from(["", "$", "€ ", "US$ "]), style=st.sampled_from(["minus", "parentheses"]))
def test_any_amount_reads_back(cents, decimal, before, style):
    def written(amount: int) -> str:
        words = f"{abs(amount) / 100:,.2f}"
        words = before + (words if decimal == "." else words.translate(str.maketrans(".,", ",.")))
        return words if amount >= 0 else f"({words})" if style == "parentheses" else f"-{words}"

    found = money.read(pd.Series([written(amount) for amount in cents], name="amount"))
    assert not found.problems and found.cells.tolist() == [amount / 100 for amount in cents]


ODD = st.one_of(st.none(), st.text(max_size=12), st.text("0123456789.,-/:+ TZ$€()'", max_size=14), st.floats(),
                st.integers(-10**12, 10**12), st.dates(), st.datetimes(), st.booleans())


@settings(max_examples=40, deadline=None)
@given(cells=st.lists(st.tuples(ODD, ODD, ODD), min_size=1, max_size=6), zone=st.sampled_from([None, "Europe/Berlin"]))
def test_anything_is_read_or_refused_in_words(cells, zone):
    frame = pd.DataFrame(cells, columns=["customer_id", "date", "amount"], dtype=object)
    try:
        opened(frame, timezone=zone, until="2030-01-01")
    except CrmlabError as error:
        assert str(error).endswith((".", "?"))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_read_is_kept_or_dropped(data):
    size = data.draw(st.integers(1, 20))
    frame = pd.DataFrame({
        "customer_id": data.draw(st.lists(st.sampled_from(["A", "B", None]), min_size=size, max_size=size)),
        "date": data.draw(st.lists(st.sampled_from(["2024-01-01", "2024-02-01", None]), min_size=size, max_size=size)),
        "amount": data.draw(st.lists(st.sampled_from([1.0, -1.0, 0.0, None]), min_size=size, max_size=size))})
    try:
        table, _ = opened(frame, incomplete="drop", until="2024-01-15",
                          refunds=data.draw(st.sampled_from(["subtract", "drop"])),
                          duplicates=data.draw(st.sampled_from(["keep", "drop"])))
    except CrmlabError as nothing:
        assert nothing.wrong == "transactions: no row is left."
    else:
        assert not table.isna().any(axis=None) and (table["date"] <= "2024-01-15").all()


# ---- the card and the bench ---------------------------------------------------------------------------------------


def test_the_card_of_a_log():
    card = crm.card(opened(log(amount=REFUNDS), until="2024-02-20")[0])
    assert card.headline() == {"customers": 3, "rows": 5, "purchases": 2, "days": 34, "amount": 21.5 + 0.0, "refunds": 3}
    assert card.text() == (
        "3 customers, 5 rows, from 2024-01-03 to 2024-02-05 (34 days): 2 purchases, where a day on which a customer "
        "bought is one, and 21.50 in all. Dropped: 1 row (later than 2024-02-20). 3 rows are refunds, −8.50 in all: a "
        "refund lowers the value and is no purchase. 1 customer has refunds only, and so no purchase.")
    assert card.table["range"].tolist()[:2] == ["–", "2024-01-03 to 2024-02-05"]


def test_the_card_of_refunds_alone():
    card = crm.card(opened(log(amount=-1.0))[0])
    assert card.caption().finding == "No purchases, refunds only" and card.figure().alt


def test_the_card_shows_months_of_a_long_log():
    card = crm.card(open_table("transactions", "cdnow_sample"))
    assert card.periods["purchases"].sum() == 6_696 and len(card.periods) == 18 and card.periods["whole"].all()
    assert card.caption().finding.startswith("Most purchases fall in ")


def test_validate_knows_a_log_by_its_columns(tmp_path):
    (tmp_path / "g.csv").write_text(GERMAN)
    found = validate(tmp_path / "g.csv", columns=NAMES)
    assert found.fine and found.notes[-1] == (
        "The file was taken as a log of purchases, since it names a customer, a date and an amount: if that is not so, "
        "say table='survey'.")
    assert found.abilities == (
        "portfolio: cannot be run. There are too few customers to speak of shares. The summary has 2 customers. Give at least 10.",)
    unmapped = validate(tmp_path / "g.csv")
    assert not unmapped.fine and "there is no column 'customer_id', 'date' or 'amount'" in unmapped.text()


def test_validate_tells_what_the_portfolio_can_do(tmp_path):
    many = pd.concat([log(customer_id=[f"{name}{turn}" for name in "AABBCC"]) for turn in range(4)])
    few = "{}: left out, 12 customers known on 2024-01-31, fewer than 20."
    many.assign(margin=1).to_csv(tmp_path / "a.csv", index=False)
    assert validate(tmp_path / "a.csv", "transactions").abilities == (
        "portfolio: can be run, with 24 purchases of 12 customers over 59 days.",
        "Groups: left out, there are 12 customers, and groups are not looked for in fewer than 50.",
        few.format("The mailing"), few.format("The holdout"),
        "Profit can be told from revenue by column 'margin'.")
    many.assign(Deckungsbeitrag=2.5).to_csv(tmp_path / "a.csv", index=False)
    assert validate(tmp_path / "a.csv").abilities[-1] == (
        "No column 'margin': value is what was paid, not what was earned. If 'Deckungsbeitrag' is that, say "
        "columns={'Deckungsbeitrag': 'margin'}.")
    log(amount=-1).to_csv(tmp_path / "a.csv", index=False)
    assert validate(tmp_path / "a.csv").abilities == (
        "portfolio: cannot be run. Nobody has bought by 2024-03-01. The log has refunds only. Look at the signs of the amounts.",)


def test_validate_names_dropped_rows_and_private_columns(tmp_path):
    log(customer_id=["ann@example.org", *"BCDEF"], amount=-1).to_csv(tmp_path / "a.csv", index=False)
    found = validate(tmp_path / "a.csv", until="2024-01-05", refunds="subtract")
    assert found.notes[:2] == ("2 of 6 rows kept, 3 columns.",
                               "4 rows dropped, later than 2024-01-05: rows 3, 5, 6 and 7.")
    assert found.private == ("Column 'customer_id' looks like e-mail addresses: leave it out with '-' in columns before "
                             "you share anything.",)
