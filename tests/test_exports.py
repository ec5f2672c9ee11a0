"""Exports of shops, of payments and of sales: what is no purchase is told, damaged ids are named, hints fit the values."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from crmlab.desk import params
from crmlab.desk.validate import validate
from crmlab.frame.errors import CrmlabError
from crmlab.measures import ids, tables
from crmlab.sources import guess, logs
from crmlab.sources.opening import open_table

CASES = Path(__file__).parent / "cases"
ROWS = 12


def log(**columns) -> pd.DataFrame:
    """Twelve purchases of four customers as text; a list that is given is repeated down the column."""
    plain = {"customer_id": ["K1", "K2", "K3", "K4"], "amount": ["10.5", "20", "7.25", "31", "5.5"],
             "date": [f"2024-{month:02}-05" for month in range(1, 13)]}
    return pd.DataFrame({name: [cells[row % len(cells)] for row in range(ROWS)] for name, cells in {**plain, **columns}.items()})


def opened(data, **options) -> tuple[pd.DataFrame, dict]:
    table = open_table("transactions", data, **options)
    prov = tables.provenance(table)
    assert prov["rows_read"] == prov["rows_kept"] + sum(part["count"] for part in prov["dropped"])
    return table, prov


def refused(data, **options) -> str:
    with pytest.raises(CrmlabError) as error:
        open_table("transactions", data, **options)
    return str(error.value)


# ---- words for nobody, and ids that are damaged ---------------------------------------------------------------------


def test_nan_is_no_customer():
    file = CASES / "h05_customer_nan.csv"
    assert refused(file) == (
        "transactions: 10 rows lack a customer_id. Column 'customer_id' reads 'nan' in rows 2, 6, 10, 14, 18 and 5 more. Fill "
        "them, or say incomplete='drop' to leave such rows out.")
    table, prov = opened(file, incomplete="drop")
    assert table["customer_id"].nunique() == 11 and len(table) == 30
    assert prov["notes"][0] == "In 'customer_id' 10 cells read 'nan': nobody."


@pytest.mark.parametrize("word", ["NaN", "NULL", "None", "#N/A", "n/a", "(blank)", "-", "−", "—", "–", "k. A.", "leer", " \u00a0", "<NA>",
                                  "NaT", "N.A.", "#NV", "\\N", "unknown", "(Leer)", "undefined", "?", "NA", "''"])
def test_other_words_for_nobody(word):
    table, _ = opened(log(customer_id=["K1", "K2", word]), incomplete="drop")
    assert set(table["customer_id"]) == {"K1", "K2"}


def test_words_for_nothing_are_no_group(tmp_path):
    answers = pd.DataFrame({"satisfaction_1": [1, 7, 5, 6] * 3, "loyalty_1": [1, 6, 7, 4] * 3, "customer_id": range(12),
                            "branch": ["north", "(blank)", "south", "NULL"] * 3, "age": [30, "n/a", 40, 50] * 3})
    table = open_table("survey", answers)
    assert list(table["branch"].cat.categories) == ["north", "south"] and table["branch"].isna().sum() == 6
    assert "In 'branch' 6 cells read '(blank)' and 'NULL': missing." in tables.provenance(table)["notes"]
    with pytest.raises(CrmlabError) as error:
        open_table("survey", answers.rename(columns={"branch": "cluster"}))
    assert error.value.wrong == "survey: column 'cluster' has empty cells."
    with pytest.raises(CrmlabError) as error:
        open_table("survey", answers.assign(customer_id=["a", "NULL", *range(10)]))
    assert error.value.wrong == "survey: column 'customer_id' has empty cells."


def test_ids_in_scientific_notation_are_refused():
    assert refused(CASES / "h06_ids_in_scientific_notation.csv") == (
        "transactions: column 'customer_id' holds ids of which a spreadsheet has lost the last digits. Rows 2, 3, 4, 5, 6 and 35 "
        "more read '4.00638E+12', so that several ids may have become one. Export the column as text from where it comes from; "
        "the digits cannot be brought back here.")


@pytest.mark.parametrize("cell", ["4,00638E+12", "1.2e+09", "4E+12", "4.00638E12", 4006381333931000000, 4.006381333931e17])
def test_other_ids_that_lost_digits(cell):
    assert refused(log().astype(object).assign(customer_id=[cell, *"abcdefghijk"])).startswith(
        "transactions: column 'customer_id' holds ids of which a spreadsheet has lost the last digits.")


def test_a_point_and_a_zero_make_no_second_customer():
    table, prov = opened(CASES / "h07_ids_12345_and_12345.0.csv")
    assert table["customer_id"].nunique() == 10
    assert prov["notes"][0] == ("In 'customer_id' 26 cells carry a decimal point and others none, as '12348.0': all are numbers, so "
                                "'12348.0' was read as '12348'; 7 ids became one with another.")


IDS = {
    "zero width": (["K1", "K\u200b1", "K2", "K3"], ["K1", "K1", "K2", "K3"],
                   "In 'customer_id' 3 cells held blanks around, signs that cannot be seen or letters in two parts, as 'K\\u200b1' for "
                   "'K1': repaired; 1 id became one with another."),
    "two forms of ü": (["Mu\u0308ller", "M\u00fcller", "K2", "K3"], ["Müller", "Müller", "K2", "K3"],
                       "In 'customer_id' 3 cells held blanks around, signs that cannot be seen or letters in two parts, as "
                       "'Mu\\u0308ller' for 'Müller': repaired; 1 id became one with another."),
    "a blank behind": (["K1", "K1 ", "K2", "K3"], ["K1", "K1", "K2", "K3"],
                       "In 'customer_id' 3 cells held blanks around, signs that cannot be seen or letters in two parts, as 'K1 ' for "
                       "'K1': repaired; 1 id became one with another."),
    "a hard blank within": (["K 1", "K\u00a01", "K2", "K3"], ["K 1", "K 1", "K2", "K3"],
                            "In 'customer_id' 3 cells held blanks around, signs that cannot be seen or letters in two parts, as "
                            "'K\\xa01' for 'K 1': repaired; 1 id became one with another."),
    "capitals": (["ann@x.org", "Ann@X.org", "K2", "K3"], ["ann@x.org", "Ann@X.org", "K2", "K3"],
                 "In 'customer_id' 1 id differs from another only by capitals, as 'ann@x.org' and 'Ann@X.org': they count as "
                 "different; if they are one, write them alike in the file."),
    "zeros in front": (["001", "1", "2", "3"], ["001", "1", "2", "3"],
                       "In 'customer_id' 1 id differs from another only by zeros in front, as '001' and '1': they count as different; "
                       "if they are one, write them alike in the file."),
    "wide digits": (["\uff11\uff12", "12", "K2", "K3"], ["\uff11\uff12", "12", "K2", "K3"],
                    "In 'customer_id' 1 id differs from another only by blanks, points or the kind of a sign, as '\uff11\uff12' and "
                    "'12': they count as different; if they are one, write them alike in the file."),
    "an apostrophe in front": (["1001", "'1001", "2002", "3003"], ["1001", "'1001", "2002", "3003"],
                               "In 'customer_id' 1 id differs from another only by blanks, points or the kind of a sign, as '1001' and "
                               "''1001': they count as different; if they are one, write them alike in the file."),
    "a sign for thousands": (["1001", "1,001", "2002", "3003"], ["1001", "1,001", "2002", "3003"],
                             "In 'customer_id' 1 id differs from another only by blanks, points or the kind of a sign, as '1001' and "
                             "'1,001': they count as different; if they are one, write them alike in the file."),
    "a point among names": (["77", "77.0", "K2", "K3"], ["77", "77.0", "K2", "K3"],
                            "In 'customer_id' 1 id differs from another only by blanks, points or the kind of a sign, as '77' and "
                            "'77.0': they count as different; if they are one, write them alike in the file."),
}


@pytest.mark.parametrize("case", IDS)
def test_ids_are_repaired_or_named_before_they_are_counted(case):
    written, read, note = IDS[case]
    table, prov = opened(log(customer_id=written))
    assert table["customer_id"].tolist() == read * 3 and prov["notes"][0] == note


def test_further_signs_of_damage():
    def notes(*cells):
        return ids.watched(pd.Series(cells, dtype=object, name="customer_id")).notes

    assert notes(*["guest"] * 9, "a", "b", "c") == [
        "In 'customer_id' 'guest' may stand for somebody unknown and counts as one: if so, say missing=['guest']."]
    assert notes("4006381333931110", "4006381333931220", "4006381333931330") == [
        "In 'customer_id' 3 ids have more than 15 digits, as '4006381333931110', and a spreadsheet keeps 15 of a number: if it went "
        "through one, export the column as text."]
    assert notes(dt.datetime(2024, 3, 5), "3-7x") == [
        "In 'customer_id' 1 id is a date, as '2024-03-05': a spreadsheet may have made them of ids such as 3-5; export the column as "
        "text."]
    for one, other in (("Mar-05", "Apr-07"), ("05. Mrz", "07. Apr"), ("5-Mai", "K7"), ("3 janv.", "4 févr.")):
        days = sum(bool(ids.DAY_LIKE.fullmatch(cell)) for cell in (one, other))
        assert notes(one, other) == [
            f"In 'customer_id' {'1 id is a date' if days == 1 else '2 ids are dates'}, as '{one}': a spreadsheet may have made them of "
            "ids such as 3-5; export the column as text."]
    nil = "00000000-0000-0000-0000-000000000000"
    assert notes(*[nil] * 9, "a", "b") == [
        f"In 'customer_id' '{nil}' may stand for somebody unknown and counts as one: if so, say missing=['{nil}']."]
    assert notes("May 7a", "March", "12 Marble", "DEC-100") == []
    assert notes("12346.0", "12347.0") == notes("7E2", "0", "12-3", "1-23") == notes(1, 2, 3) == []


def test_many_ids_are_watched_in_a_moment():
    assert ids.watched(pd.Series(range(100_000), name="customer_id").astype(str)).notes == []


# ---- rows that are no purchase ------------------------------------------------------------------------------------------


def test_a_state_is_told_or_refused():
    deals = log(**{"Deal Stage": ["Closed Won", "Closed Lost", "Closed Won", "Negotiation"]})
    assert refused(deals) == (
        "transactions: column 'Deal Stage' says that not every row may be a purchase. 'Deal Stage' reads 'Closed Won' in 6 rows, "
        "'Closed Lost' in 3 rows and 'Negotiation' in 3 rows. Say which rows count, as in count={'Deal Stage': ['Closed Won']}, or "
        "count='all'.")
    table, prov = opened(deals, count={"Deal Stage": ["closed won"]})
    assert len(table) == 6
    assert prov["dropped"] == [{"reason": "'Deal Stage' does not read 'Closed Won'", "count": 6, "rows": [2, 4, 6, 8, 10, 12]}]
    assert len(opened(deals, count="Deal Stage=Closed Won|Negotiation")[0]) == 9
    assert len(opened(deals, count="all")[0]) == len(opened(deals, count={"Deal Stage": "all"})[0]) == ROWS


STATES = {
    "Stripe": ({"Status": ["Paid", "Failed", "Refunded"]}, {"Status": ["Paid"]}),
    "Stripe, captured": ({"Captured": ["true", "false"]}, {"Captured": ["true"]}),
    "Salesforce": ({"IsWon": ["TRUE", "FALSE"]}, {"IsWon": ["TRUE"]}),
    "Shopify": ({"Financial Status": ["paid", "voided", "partially_refunded"]}, {"Financial Status": ["paid"]}),
    "Shopify, cancelled": ({"Cancelled at": ["", "2024-03-04 10:00", ""]}, {"Cancelled at": ["(empty)"]}),
    "a flag as number": ({"is_cancelled": ["0", "1", "0"]}, {"is_cancelled": ["0"]}),
    "WooCommerce": ({"order_status": ["completed", "pending", "cancelled"]}, {"order_status": ["completed"]}),
    "without the word status": ({"art": ["Verkauf", "Storno"]}, {"art": ["Verkauf"]}),
    "a subscription": ({"payment_state": ["paid", "overdue"]}, {"payment_state": ["paid"]}),
    "a cross where it was cancelled": ({"Storno": ["", "X", ""]}, {"Storno": ["(empty)"]}),
    "a till": ({"Void": ["N", "Y"]}, {"Void": ["N"]}),
    "a test": ({"livemode": ["true", "false"]}, {"livemode": ["true"]}),
    "German": ({"Status": ["abgeschlossen", "storniert", "offen"]}, {"Status": ["abgeschlossen"]}),
    "French": ({"Statut": ["Terminée", "Annulée", "En attente"]}, {"Statut": ["Terminée"]}),
    "Spanish": ({"Estado": ["Completado", "Cancelado", "Pendiente"]}, {"Estado": ["Completado"]}),
    "a tongue unknown": ({"status": ["tehty", "kesken"]}, {"status": ["tehty", "kesken"]}),
    "Magento, where closed is refunded": ({"Status": ["complete", "closed", "canceled"]}, {"Status": ["complete"]}),
    "Salesforce, German": ({"Phase": ["Geschlossen und gewonnen", "Geschlossen und verloren", "Verhandlung"]},
                           {"Phase": ["Geschlossen und gewonnen"]}),
    "kinds of papers": ({"Belegart": ["Rechnung", "Gutschrift"]}, {"Belegart": ["Rechnung"]}),
    "kinds of papers, French": ({"Type": ["Facture", "Avoir"]}, {"Type": ["Facture"]}),
    "PayPal": ({"Type": ["Website Payment", "General Withdrawal", "Bank Deposit to PP Account"]}, {"Type": ["Website Payment"]}),
    "PayPal, German": ({"Typ": ["Express-Checkout-Zahlung", "Rückzahlung", "Allgemeine Währungsumrechnung"]},
                       {"Typ": ["Express-Checkout-Zahlung"]}),
    "refunds below 0 count": ({"Type": ["Website Payment", "Website Payment", "Payment Refund", "General Withdrawal"],
                               "amount": ["5", "6", "-2", "7"]}, {"Type": ["Website Payment", "Payment Refund"]}),
    "two sides of an account": ({"Soll/Haben": ["H", "H", "S"]}, {"Soll/Haben": ["H"]}),
    "two sides, in English": ({"Dr/Cr": ["CR", "DR", "CR"]}, {"Dr/Cr": ["CR"]}),
    "two sides, in words": ({"Transaction Type": ["credit", "debit"]}, {"Transaction Type": ["credit"]}),
    "two sides, as banks send them": ({"CdtDbtInd": ["CRDT", "DBIT"]}, {"CdtDbtInd": ["CRDT"]}),
    "a shop's own log": ({"event_type": ["view", "cart", "purchase"]}, {"event_type": ["purchase"]}),
    "clicks": ({"event": ["view", "addtocart", "transaction"]}, {"event": ["transaction"]}),
    "a hotel": ({"Status": ["ok", "no_show", "cancelled_by_guest"]}, {"Status": ["ok"]}),
    "a subscription that was tried": ({"plan_status": ["active", "trialing", "past_due"]}, {"plan_status": ["active"]}),
    "a day of return": ({"Return Date": ["", "2024-03-04", ""]}, {"Return Date": ["(empty)"]}),
    "codes": ({"status": ["1", "5"]}, {"status": ["1", "5"]}),
}


@pytest.mark.parametrize("case", STATES)
def test_states_of_many_systems_are_asked_for(case):
    columns, proposed = STATES[case]
    assert refused(log(**columns)).endswith(f"Say which rows count, as in count={proposed}, or count='all'.")
    assert len(opened(log(**columns), count=proposed)[0]) in range(1, ROWS + 1)


@pytest.mark.parametrize("columns", [
    {"status": ["completed"]}, {"status": ["shipped", "delivered"]}, {"state": ["CA", "NY"]}, {"customer status": ["gold", "silver"]},
    {"valid_email": ["TRUE", "FALSE"]}, {"is_member": ["1", "0"]}, {"payment method": ["transfer", "card"]}, {"channel": ["open air"]},
    {"kind": ["new", "returning"]}, {"newsletter": ["yes", "no"]}, {"product": ["open sandals", "test kit", "refill"]},
    {"type": ["sale", "sale", "refund", "sale"], "amount": ["5", "6", "-2", "7"]}, {"Refund reason": [""]},
    {"Refunded Amount": ["0.00"]}, {"card type": ["debit", "credit"]}, {"segment": ["C", "D"]}, {"typ": ["Neu", "Bestand"]},
    {"Dr/Cr": ["C", "D"], "amount": ["5", "-2"]}])
def test_what_is_no_state_is_not_asked_for(columns):
    assert len(opened(log(**columns))[0]) == ROWS


def test_money_paid_back_is_taken_off_or_refused():
    charges = log(**{"Amount Refunded": ["0.00", "5.00", "0.00"]})
    assert refused(charges) == (
        "transactions: column 'Amount Refunded' holds money that was paid back, and 'amount' counts in full. It is not 0 in 4 rows. "
        "Say columns={'Amount Refunded': 'refunded'} to take it off the amount, or count={'Amount Refunded': 'all'} if that is done "
        "already.")
    table, prov = opened(charges, columns={"Amount Refunded": "refunded"})
    assert table["amount"].sum() == pytest.approx(opened(log())[0]["amount"].sum() - 20)
    assert prov["notes"] == ["What was paid back was taken off the amount in 4 rows."]


@pytest.mark.parametrize("count, message", [
    ({"Status": ["payed"]}, "There is no cell in 'Status' that reads 'payed'. Column 'Status' has: Paid and Failed. Did you mean 'Paid'?"),
    ({"Sttus": ["Paid"]}, "There is no column 'Sttus'. The log has: customer_id, date, amount and Status. Did you mean 'Status'?"),
    ("Paid", "open_table: count says of a column which of its cells count. Found 'Paid'. Write it as in count={'Status': ['paid']}, or "
             "count='all' for every row."),
    ({"Status": []}, "open_table: count says of a column which of its cells count. Found {'Status': []}. Write it as in "
                     "count={'Status': ['paid']}, or count='all' for every row."),
    ([], "open_table: count says of a column which of its cells count. Found []. Write it as in count={'Status': ['paid']}, or "
         "count='all' for every row.")])
def test_a_count_that_cannot_be(count, message):
    assert refused(log(Status=["Paid", "Failed"]), count=count) == message


def shopify() -> pd.DataFrame:
    """Orders in several lines; what belongs to the order stands in the first of them."""
    return pd.DataFrame({
        "Name": ["#1", "#1", "#2", "#3", "#3", "#3"], "Email": [*"aab", *"ccc"], "Created at": ["2024-01-05 10:00:00 +0100"] * 6,
        "Financial Status": ["paid", "", "refunded", "paid", "", ""], "Subtotal": ["18", "", "14", "28", "", ""],
        "Total": ["20", "", "15", "30", "", ""], "Lineitem quantity": ["1", "2", "3", "1", "1", "2"],
        "Lineitem price": ["10", "5", "5", "10", "10", "5"], "Refunded Amount": ["0", "", "0", "0", "", ""]})


def test_an_order_in_several_lines_is_not_misread():
    mapped = {"Email": "customer_id", "Created at": "date"}
    assert refused(shopify()).endswith("as in columns={'Email': 'customer_id', 'Created at': 'date', 'Total': 'amount'}?")
    totals = {"columns": {**mapped, "Total": "amount"}, "count": "Financial Status=paid|refunded"}
    assert refused(shopify(), **totals) == (
        "transactions: 3 rows lack an amount. They are further rows of an order in 'Name', whose first row has its total. Say "
        "incomplete='drop' to leave them out; filled in, they would count the order twice.")
    assert opened(shopify(), **totals, incomplete="drop")[0]["amount"].tolist() == [20, 15, 30]
    table, prov = opened(shopify(), columns={**mapped, "Lineitem quantity": "quantity", "Lineitem price": "unit_price"},
                         count="Financial Status=paid")
    assert table["amount"].tolist() == [10, 10, 10, 10, 10]  # the further lines have the state of their order
    assert "Column 'Name' names 2 orders in 5 rows: the rows of an order are added up." in prov["notes"]


def test_a_total_that_stands_in_each_line_is_counted_once():
    shop = pd.DataFrame({"order_id": [1, 1, 2, 2, 2, 3, 4, 4, 5], "customer_id": list("aabbbcaad"), "item": list("xyxyzxxyx"),
                         "date": ["2024-01-01"] * 2 + ["2024-01-02"] * 3 + ["2024-01-03", "2024-02-01", "2024-02-01", "2024-02-05"],
                         "amount": [30.0, 30, 45, 45, 45, 10, 12, 12, 9]})
    assert refused(shop) == (
        "transactions: the amount looks like the total of an order, written in each of its rows. 'order_id' names 3 orders in several "
        "rows, and within each the amount is the same. Say count={'order_id': 'first'} to count each order once, or "
        "count={'order_id': 'all'} if each row was paid.")
    assert opened(shop, count="order_id=first")[0]["amount"].sum() == 106
    assert opened(shop, count="order_id=all")[0]["amount"].sum() == 238
    lines = shop.assign(amount=[30.0, 20, 45, 4, 5, 10, 12, 12, 9])
    assert opened(lines)[1]["notes"][0] == "Column 'order_id' names 5 orders in 9 rows: the rows of an order are added up."


# ---- quantity times the price of one ---------------------------------------------------------------------------------------

RETAIL = CASES / "h04_online_retail_columns.csv"
WHO_WHEN = {"CustomerID": "customer_id", "InvoiceDate": "date"}


def test_the_amount_is_pieces_times_the_price_of_one():
    hint = {**WHO_WHEN, "Quantity": "quantity", "UnitPrice": "unit_price"}
    assert refused(RETAIL) == (
        "transactions: there is no column 'customer_id', 'date' or 'amount'. The columns are 'InvoiceNo', 'StockCode', 'Description', "
        "'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID' and 'Country'. Did you mean 'CustomerID', 'InvoiceDate', 'Quantity' and "
        f"'UnitPrice', as in columns={hint}? The amount is then quantity × unit_price.")
    table, prov = opened(RETAIL, columns=hint, dates="month first")
    spent = table.groupby("customer_id")["amount"].sum()
    assert table["amount"].sum() == pytest.approx(660.89) and (table["amount"] < 0).sum() == 10 and len(spent) == 11
    assert (spent.idxmax(), spent.max()) == ("12349.0", pytest.approx(92.29))
    assert prov["notes"][0] == "The amount is quantity × unit_price, row by row."
    assert not any("missing=" in note for note in prov["notes"])  # an invoice C536366 is no word for missing


def test_a_cancelled_invoice_is_no_purchase():
    assert refused(RETAIL, columns={**WHO_WHEN, "UnitPrice": "amount"}, dates="month first") == (
        "transactions: 10 rows of a cancelled invoice would count as purchases. 'InvoiceNo' begins with C, as 'C536366', and the amount "
        "is above 0. Map the number of pieces on 'quantity' and the price of one on 'unit_price' if the file has them, remove these "
        "rows from the file, or say count={'InvoiceNo': 'all'}.")


def test_a_quantity_in_words_is_refused():
    pieces = log(quantity=["2", "3 pcs"], unit_price=["1.5"]).drop(columns="amount")
    assert refused(pieces) == (
        "transactions: column 'quantity' holds text. Rows 2, 4, 6, 8, 10 and 1 more read '3 pcs'. Write numbers there, or say which "
        "words mean missing with missing=[…].")


HINTS = {
    "a country is no amount": ({"Country": ["UK", "FR"]}, {}),
    "an account is no amount": ({"Account": ["4711", "4712"]}, {}),
    "a discount is none": ({"Discount": ["1.5", "2"]}, {}),
    "a price of one alone is none": ({"unit price": ["1.5", "2"]}, {}),
    "the total before the subtotal": ({"Subtotal": ["1.5", "2"], "Tax": ["1"], "Total": ["2.5", "3"]}, {"Total": "amount"}),
    "words are no total": ({"Total": ["high", "low"], "Betrag": ["1,50", "2,00"]}, {"Betrag": "amount"}),
    "days are no value": ({"Value date": ["2024-01-01"], "Umsatz": ["3,50"]}, {"Umsatz": "amount"}),
    "pieces and a price in euros": ({"Menge": ["1", "2"], "Preis je Stück": ["2,50 €"], "Einzelpreis": ["2,50 €"]},
                                    {"Menge": "quantity", "Einzelpreis": "unit_price"}),
    "money that leaves is none": ({"Debit": ["1.5", ""], "Balance": ["9", "8"], "Credit": ["", "2"]}, {"Credit": "amount"}),
    "Soll and Haben": ({"Soll": ["1,5", ""], "Haben": ["", "2"]}, {"Haben": "amount"}),
    "a minus behind, with commas": ({"Belegart": ["RV"], "Betrag": ["77,20", "4,34-"]}, {"Betrag": "amount"}),
    "before fees": ({"Brutto": ["1.088,00", "2,50"], "Gebühr": ["-0,35"], "Netto": ["1.087,65"]}, {"Brutto": "amount"}),
    "pieces and a price": ({"Menge": ["1", "2"], "Einzelpreis": ["2,50"]}, {"Menge": "quantity", "Einzelpreis": "unit_price"}),
}


@pytest.mark.parametrize("case", HINTS)
def test_hints_propose_what_the_values_can_be(case):
    columns, hint = HINTS[case]
    assert guess.columns(log(**columns)[list(columns)], ["amount"]) == hint


@pytest.mark.parametrize("price, doubt", [
    ("item-price", "; if 'item-price' is what all pieces cost together, map it on 'amount' instead"),
    ("Price", "; if 'Price' is what all pieces cost together, map it on 'amount' instead"), ("Unit Price", ""), ("Einzelpreis", "")])
def test_a_price_may_be_that_of_all_pieces(price, doubt):
    data = log(**{"Quantity": ["1", "3"], price: ["2.5", "4"]}).drop(columns="amount")
    hint = {"Quantity": "quantity", price: "unit_price"}
    assert refused(data) == (
        f"transactions: there is no column 'amount'. The columns are 'customer_id', 'date', 'Quantity' and '{price}'. Did you mean "
        f"'Quantity' and '{price}', as in columns={hint}? The amount is then quantity × unit_price{doubt}.")


def test_a_column_of_currencies_parts_the_amounts():
    data = log(Currency=["EUR", "USD", "EUR"])
    assert refused(data) == (
        "transactions: column 'Currency' names 2 currencies, and amounts are added up. It reads 'EUR' in 8 rows and 'USD' in 4 rows. "
        "Convert all amounts into one currency, or keep one of them, as in count={'Currency': ['EUR']}; if they are converted already, "
        "say count={'Currency': 'all'}.")
    assert refused(data, count="all") == refused(data)
    assert [len(opened(data, count={"Currency": said})[0]) for said in (["EUR"], "all")] == [8, ROWS]
    assert refused(log(Währung=["€", "$"], Status=["paid", "failed", "paid"]), count="Status=paid").startswith(
        "transactions: column 'Währung' names 2 currencies, and amounts are added up. It reads '€' in 4 rows and '$' in 4 rows.")
    for kept in ({"currency": ["EUR"]}, {"Valuta": ["2024-01-05", "2024-02-05"]}, {"country": ["GER", "USA"]}):
        assert len(opened(log(**kept))[0]) == ROWS


@pytest.mark.parametrize("columns, who", [
    ({"Confirmation Code": ["H1", "H2"], "Guest": ["A", "B"]}, "Guest"), ({"ReceiptNo": ["1", "1", "2"], "CardNo": ["7", "8"]}, "CardNo"),
    ({"Order ID": ["1", "2"], "Buyer User ID": ["a", "b"]}, "Buyer User ID"), ({"Beleg-Nr": ["1", "2"], "Mandant": ["a", "b"]}, "Mandant"),
    ({"ReceiptNo": ["1", "1", "2"]}, "")])
def test_an_order_is_no_customer(columns, who):
    free = log(**columns)[list(columns)]
    assert (guess.near("customer_id", list(free), free) or guess.any_for(free, "customer_id")) == who


@pytest.mark.parametrize("cells, remedy", [
    (["19.01.23", "27.01.23"], "Their years have two digits: write them with four, best as 2024-05-31."),
    (["1/19/23", "2/4/23"], "Their years have two digits: write them with four, best as 2024-05-31."),
    (["Jan-19-23", "Feb-04-23"], "Their years have two digits: write them with four, best as 2024-05-31."),
    (["1674086400", "1674777600"], "They may count seconds since 1970: make days of them in the file, as 2024-05-31."),
    (["1674086400000", "1674777600000"], "They may count seconds since 1970: make days of them in the file, as 2024-05-31.")])
def test_days_that_are_not_read_are_told_by_their_kind(cells, remedy):
    assert refused(log(date=cells)).endswith(remedy)
    free = log(Buchung=cells)[["Buchung"]]
    assert guess.any_for(free, "date") == ("Buchung" if not cells[0].isdigit() else "")


def test_a_log_without_days():
    assert refused(log().drop(columns="date")) == (
        "transactions: there is no column 'date'. The columns are 'customer_id' and 'amount'. Add it to the file: no column can be that.")


def test_a_blank_within_a_sign_of_money():
    table, prov = opened(log(amount=["US $77.20", "US $1,004.50"]))
    assert table["amount"].tolist()[:2] == [77.2, 1004.5] and prov["currency"] == "US $"


def test_short_days_are_no_customers():
    data = log(Buchungstag=["19.01.23", "27.01.23"], Umsatz=["5,5"], Auftraggeber=["A", "B"])[["Buchungstag", "Auftraggeber"]]
    assert guess.any_for(data, "customer_id") == "Auftraggeber"


# ---- margins ---------------------------------------------------------------------------------------------------------------


def test_an_empty_margin_does_not_count_as_nothing():
    gaps = log(margin=["2.5", "", "7.25"])
    assert refused(gaps) == (
        "transactions: 4 rows lack a margin. Column 'margin' is empty in rows 2, 5, 8 and 11. Fill them, map 'margin' to '-' in "
        "columns to do without, or say incomplete='drop' to leave such rows out.")
    _, prov = opened(gaps, incomplete="drop")
    assert prov["dropped"] == [{"reason": "the margin is lacking", "count": 4, "rows": [2, 5, 8, 11]}]


@pytest.mark.parametrize("own, cells, found", [
    ("margin", ["0.25", "-0.1", "0.4"], "Its numbers run from -0.1 to 0.4."),
    ("margin", ["25 %", "30%"], "Rows 1, 2, 3, 4, 5 and 7 more read '25 %' and '30%'."),
    ("Marge", ["0,25", "0,3"], "Its numbers run from 0.25 to 0.3."),
    ("Margin %", ["25", "30"], "It is called 'Margin %'."), ("margin", ["25", "30", "28"], "Its numbers run from 25 to 30."),
    ("Deckungsbeitrag", ["12,5", "30"], "Its numbers run from 12.5 to 30.")])
def test_a_share_is_no_margin(own, cells, found):
    amounts = ["10.5", "20", "7.25", "31", "150"]
    assert refused(log(amount=amounts, **{own: cells}), columns={own: "margin"}) == (
        f"transactions: column 'margin' looks like a share of the amount, and margins are summed as money. {found} Write what was left "
        f"of each amount, as amount × share, or say columns={{'{own}': '-'}} to do without.")


def test_margins_in_money_are_kept():
    assert len(opened(log(margin=["1", "-1", "0"]))[0]) == len(opened(log(margin=["2.5", "7.25"]))[0]) == ROWS


def test_states_are_told_whatever_their_capitals_and_empty_ones_are_none():
    assert len(opened(log(Status=["Paid", "paid ", "FAILED"]), count="Status=paid")[0]) == 8
    assert refused(log(Status=["Paid", "", "Paid"])).endswith("Say which rows count, as in count={'Status': ['Paid']}, or count='all'.")


def test_the_hint_is_said_for_the_shell_of_each_command():
    message = refused(log(**{"Deal Stage": ["Closed Won", "Lost"]}))
    assert params.at_shell(message, ["count"]) == 'At the shell: --count "Deal Stage=Closed Won"'
    said = params.at_shell(message, ["reading", "columns"])
    assert said == 'At the shell: --reading "count=Deal Stage=Closed Won"'
    reading = params.Parameter("reading", "dict[str, str]", {}, "").cast(said.partition('"')[2][:-1])
    assert len(opened(log(**{"Deal Stage": ["Closed Won", "Lost"]}), **reading)[0]) == 6
    assert set(params.READING) == {*logs.Decisions._fields, "decimal"}


def test_validate_takes_the_same_options(tmp_path):
    log(Status=["Paid", "Failed"]).to_csv(tmp_path / "a.csv", index=False)
    assert not validate(tmp_path / "a.csv").fine and validate(tmp_path / "a.csv", count="Status=Paid").fine
