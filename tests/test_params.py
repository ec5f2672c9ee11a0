"""Parameters: read from the notebook's own cell, typed, taught, and refused in words."""

import shlex

import nbformat
import pytest

from crmlab.desk import params
from crmlab.frame.errors import CrmlabError

SOURCE = '''
from typing import Literal
data: str = "a=b#c"  # a set, a world, or your own file = yours
columns: dict[str, str] = {}  # your names
seed: int = -1
alpha: float = 0.05  # of each verdict # or less
drop_items: list[str] = [  # items left out
    "CUSL2",  # the odd one
]
group: str | None = None
form: Literal["line", "curve"] = "line"
sure: bool = True
'''


def notebook(source):
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x: int = 1"), cell])


@pytest.fixture(scope="module")
def known():
    return params.read(notebook(SOURCE))


def refusal(known, **given) -> str:
    with pytest.raises(CrmlabError) as caught:
        params.bind("loyalty", known, given)
    return str(caught.value)


def test_a_cell_is_read_with_types_defaults_and_comments(known):
    assert [tuple(parameter) for parameter in known.values()] == [
        ("data", "str", "a=b#c", "a set, a world, or your own file = yours"),
        ("columns", "dict[str, str]", {}, "your names"),
        ("seed", "int", -1, ""),
        ("alpha", "float", 0.05, "of each verdict # or less"),
        ("drop_items", "list[str]", ["CUSL2"], "items left out the odd one"),
        ("group", "str | None", None, ""),
        ("form", "Literal['line', 'curve']", "line", ""),
        ("sure", "bool", True, ""),
    ]


def test_a_notebook_without_parameters_has_none():
    assert params.read(nbformat.v4.new_notebook()) == {}


@pytest.mark.parametrize(("name", "given", "value"), [
    ("data", "Zürich #1 = naïve.csv", "Zürich #1 = naïve.csv"),
    ("data", "007", "007"),
    ("columns", "Kunde=customer_id, Z1 = satisfaction_1", {"Kunde": "customer_id", "Z1": "satisfaction_1"}),
    ("columns", "a=b=c", {"a=b": "c"}),
    ("columns", {"a": "b"}, {"a": "b"}),
    ("columns", "", {}),
    ("seed", "0", 0),
    ("alpha", "1e-2", 0.01),
    ("alpha", "0.5", 0.5),
    ("drop_items", "A,B", ["A", "B"]),
    ("drop_items", "", []),
    ("drop_items", ("A",), ["A"]),
    ("group", "None", None),
    ("group", None, None),
    ("group", "contract", "contract"),
    ("form", "curve", "curve"),
    ("data", "'my file.csv'", "my file.csv"),
    ("data", "'odd", "'odd"),
    ("drop_items", "['k. A.', 'a,b', -99]", ["k. A.", "a,b", "-99"]),
    ("drop_items", "'k. A.'", ["k. A."]),
    ("drop_items", "[A", ["[A"]),
    ("columns", "{'Z1': 'satisfaction_1', 'a,b': '-'}", {"Z1": "satisfaction_1", "a,b": "-"}),
    ("group", "'contract'", "contract"),
    ("sure", "No", False),
])
def test_values_take_the_declared_type(known, name, given, value):
    bound = params.bind("loyalty", known, {name: given})[name]
    assert bound == value and type(bound) is type(value)


def test_an_unknown_name_is_refused_with_the_nearest(known):
    assert refusal(known, drop_item="A") == (
        "There is no parameter 'drop_item'. The lesson 'loyalty' has: data, columns, seed, alpha, "
        "drop_items, group, form and sure. Did you mean 'drop_items'?")


@pytest.mark.parametrize(("name", "given", "message"), [
    ("alpha", "0,05", "takes a number. It was given '0,05'. Write it like --alpha 0.05."),
    ("alpha", "nan", "takes a number. It was given 'nan'. Write it like --alpha 0.05."),
    ("alpha", True, "takes a number. It was given 'true'. Write it like --alpha 0.05."),
    ("alpha", [1], "takes a number. It was given '1'. Write it like --alpha 0.05."),
    ("seed", "1e3", "takes a whole number. It was given '1e3'. Write it like --seed 100."),
    ("seed", 1.5, "takes a whole number. It was given '1.5'. Write it like --seed 100."),
    ("data", 7, "takes a text. It was given '7'. Write it like --data mobi."),
    ("sure", "maybe", "takes true or false. It was given 'maybe'. Write it like --sure true."),
    ("form", "spiral", "takes one of line, curve. It was given 'spiral'. Write it like --form line."),
    ("group", 7, "takes a text or none. It was given '7'. Write it like --group mobi."),
    ("drop_items", 7, "takes a list with commas between its parts. It was given '7'. "
                      "Write it like --drop-items A,B."),
    ("columns", "A", "takes pairs with commas between them. It was given 'A'. "
                     "Write it like --columns Kunde=customer_id,Z1=satisfaction_1."),
    ("columns", "A=b,A=c", "takes pairs with commas between them. It was given 'A=b,A=c'. "
                           "Write it like --columns Kunde=customer_id,Z1=satisfaction_1."),
])
def test_an_ill_typed_value_is_refused_with_an_example(known, name, given, message):
    assert refusal(known, **{name: given}) == f"The parameter '{name}' of the lesson 'loyalty' {message}"


@pytest.mark.parametrize(("name", "given", "message"), [
    ("alpha", "5", "is above 0 and at most 0.5. It was given '5'. Write it like --alpha 0.05."),
    ("alpha", 0, "is above 0 and at most 0.5. It was given '0'. Write it like --alpha 0.05."),
    ("alpha", "-0.05", "is above 0 and at most 0.5. It was given '-0.05'. Write it like --alpha 0.05."),
    ("seed", "-3", "is a whole number of 0 or more. It was given '-3'. Write it like --seed 100."),
])
def test_a_value_out_of_bounds_is_refused(known, name, given, message):
    assert refusal(known, **{name: given}) == f"The parameter '{name}' of the lesson 'loyalty' {message}"


@pytest.mark.parametrize(("words", "message"), [
    (["mobi"], "A value stands alone. Found 'mobi'. Write its parameter before it, as in --data mobi."),
    (["--data", "--seed", "1"], "The parameter 'data' has no value. Nothing follows '--data'. "
                                "Write --data VALUE, or leave it out for the default."),
    (["--drop-items", "A", "--drop-items=B"], "The parameter 'drop_items' is given twice. "
                                              "One value would be lost. "
                                              "Give it once, with commas: --drop-items A,B."),
    (["--alpha", "0.1", "--alpha", "0.2"], "The parameter 'alpha' is given twice. One value would be lost. "
                                           "Give it once."),
])
def test_words_that_are_no_flags_are_refused(known, words, message):
    with pytest.raises(CrmlabError) as caught:
        params.flags(words, known)
    assert str(caught.value) == message


def test_flags_take_both_spellings():
    words = ["--drop-items=CUSL2", "--columns", "A=b", "--missing", "-99", "--note=--x", "--empty="]
    assert params.flags(words) == {"drop_items": "CUSL2", "columns": "A=b", "missing": "-99", "note": "--x",
                                   "empty": ""}


@pytest.mark.parametrize(("message", "line"), [
    ("Say missing=['n/a', 'k. A.'], and look at row 5.", 'At the shell: --missing "n/a,k. A."'),
    ("Say missing=['k. A.'] or columns={'Z1': 'trust_1'}.",
     'At the shell: --missing "k. A."\nOr instead: --columns Z1=trust_1'),
    ("Say missing=[88], or scale='loyalty=1-10'.", "At the shell: --missing 88\nOr instead: --scale loyalty=1-10"),
    ("Say missing=[9]; if it is an answer, say scale='loyalty=1-9', or 'loyalty=1-10' if 10 could be chosen.",
     "At the shell: --missing 9\nOr instead: --scale loyalty=1-9"),
    ("Say scale='loyalty=0-7', or missing=[0] if 0 means no answer.", "At the shell: --scale loyalty=0-7\nOr instead: --missing 0"),
    ("Say scale='loyalty=1-6', or scale='loyalty=1-7' if 7 could be chosen.", "At the shell: --scale loyalty=1-6"),
    ("Correct the cells, or say missing=['x'] and columns={'Z1': 'trust_1'} to leave them out.",
     "At the shell: --missing x --columns Z1=trust_1"),
    ("Say drop_items=['A'].", "At the shell: --drop-items A"),
    ("Say missing=['a, b', \"it's\"].", "At the shell: --missing \"['a, b', \\\"it's\\\"]\""),
    ("Say missing=['--'].", "At the shell: --missing=--"),
    ("Say missing=['a]', '$b'].", 'At the shell: --missing "a],\\$b"'),
    ("Say scale='satisfaction=…'.", ""),
    ("Say by='region'.", ""),
    ("Say missing=[.", ""),
])
def test_a_hint_for_python_is_said_for_the_shell(message, line):
    assert params.at_shell(message, {"missing", "columns", "scale", "drop_items"}) == line


@pytest.mark.parametrize("value", [["n/a", "k. A."], ["a, b", "it's"], ["-99"], ['"']])
def test_what_is_said_for_the_shell_is_read_back(value):
    line = params.at_shell(f"missing={value!r}", {"missing"})
    words = shlex.split(line.removeprefix("At the shell: "))
    given = params.flags(words)["missing"]
    assert params.fitted(params.Parameter("missing", "list[str]", [], ""), given, "a test") == value
