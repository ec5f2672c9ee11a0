"""Slips of the pen: what a student types, and the sentences that answer it, never a page of red."""

import builtins
import queue
import re
import subprocess
import sys
import time

import IPython
import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client import KernelManager
from nbclient import NotebookClient

import crmlab as crm
from crmlab.desk import kernel, progress, slips
from crmlab.desk.exercises.exercise import misread
from crmlab.desk.slips import MORE, names

START = """
import crmlab as crm, pandas as pd
survey = crm.open_table("survey", "mobi")
scores = crm.score(survey)
scores["branch"] = ["north", "south"] * 125
r = crm.loyalty.correlation(scores)
lab = crm.lesson("loyalty", survey)
log = pd.DataFrame({"customer_id": ["a"], "date": pd.to_datetime(["2024-01-01"]), "amount": [1.0]})
answer, pair, nothing = "0.62", (0, 5), None
"""


@pytest.fixture(scope="module")
def shell():
    found = InteractiveShell()
    found.run_cell(START).raise_error()
    slips.install(found)
    assert found.crmlab_slips
    yield found
    slips.uninstall(found)


@pytest.fixture
def says(shell, capsys):
    def typed(code: str) -> str:
        capsys.readouterr()
        shell.run_cell(code)
        out = capsys.readouterr()
        return re.sub(r"\x1b\[[0-9;]*m", "", out.out + out.err).strip()
    return typed


COMMA = "Python reads `{0},{1}` as two numbers, {0} and {1}. Decimals are written with a point: {2}."
ABOVE = "run the cells above first (Run, then Run All Above Selected Cell)."
TEXT = "scores['branch'] holds text, and a number is wanted. Choose a column of numbers, or count it: `scores['branch'].value_counts()`."
JOINED = ("A column is many answers, so 'and', 'or' and 'not' cannot join them. Write `&`, `|` and `~`, and put each comparison in "
          "brackets: `(a > 5) & (b > 3)`.")
HAS = "It has customer_id, expectation, satisfaction, complaints, loyalty, image, quality, value and branch."

SLIPS = {
    # a word without its quotation marks
    "scores[loyalty]": "'loyalty' is a column of scores. Put quotation marks around it: `scores['loyalty']`.",
    "scores[quality].mean()": "'quality' is a column of scores. Put quotation marks around it: `scores['quality']`.",
    'scores[["satisfaction", loyalty]]': "'loyalty' is a column of scores. Put quotation marks around it: "
                                         "`scores[['satisfaction', 'loyalty']]`.",
    "scores[[satisfaction, loyality]].corr()": "'satisfaction' is a column of scores. Put quotation marks around it: "
                                               "`scores[['satisfaction', 'loyalty']]`.",
    "scores[loyality]": "There is no 'loyality' here. Did you mean the column 'loyalty'? Put quotation marks around it: "
                        "`scores['loyalty']`.",
    "scores.loc[:, loyalty]": "'loyalty' is a column of scores. Put quotation marks around it: `scores.loc[:, 'loyalty']`.",
    "scores[loyalty, quality]": "'loyalty' is a column of scores. Put quotation marks around it: "
                                "`scores[['loyalty', 'quality']]`.",
    "drop_items = [CUSL2]": "'CUSL2' is a column of survey. In a list of names put quotation marks around it: `'CUSL2'`.",
    "crm.score(survey, drop=[CUSL2])": "'CUSL2' is a column of survey. Put quotation marks around it: `'CUSL2'`.",
    "group = branch": "'branch' is a column of scores. Its name is `'branch'`, in quotation marks; its values are "
                      "`scores['branch']`.",
    "satisfaction - loyalty": "'satisfaction' is a column of scores. Its values are `scores['satisfaction']`.",
    "round(loyalty.mean(), 2)": "'loyalty' is a column of scores. Its values are `scores['loyalty']`.",
    "scores.groupby(branch).size()": "'branch' is a column of scores. Put quotation marks around it: `'branch'`.",
    "crm.loyalty.moderation(scores, group=switching)": "'switching' is text. Put quotation marks around it: `group='switching'`.",
    "crm.loyalty.correlation(scores, satisfaction, 'loyalty')": "'satisfaction' is a column of scores. Put quotation marks around "
                                                                "it: `'satisfaction'`.",
    "crm.raises('satisfaction', loyality)": "'loyality' is text. Put quotation marks around it: `'loyalty'`.",
    "lab.decide('loyalty.decide', choice=client)": "'client' is text. Put quotation marks around it: `choice='client'`.",
    "lab.decide('loyalty.decide', choice=pilot)": "'pilot' is text. Put quotation marks around it: `choice='pilot'`.",
    "scores.corr(method=spearman)": "'spearman' is text. Put quotation marks around it: `method='spearman'`.",
    "crm.open_table('survey', mobi)": "'mobi' is text. Put quotation marks around it: `'mobi'`.",
    "crm.open_table('survey', mine.csv)": "'mine.csv' is the name of a file. Put quotation marks around it: `\"mine.csv\"`.",
    "crm.open_table('survey', survey.xlsx)": "'survey.xlsx' is the name of a file. Put quotation marks around it: "
                                             "`\"survey.xlsx\"`.",
    "lab.check(loyalty.pearson, 0.6)": "'loyalty.pearson' is the name of an exercise. Put quotation marks around it: "
                                       "`\"loyalty.pearson\"`.",
    "lab.check(pearson, 0.6)": "'pearson' is the name of an exercise. Write it whole and in quotation marks: "
                               "`\"loyalty.pearson\"`.",
    # a name with a slip in it, or not made yet
    "scroes": "There is no 'scroes' here. Did you mean 'scores'? If not, run the cell further up that makes it.",
    "Scores.head()": "There is no 'Scores' here. Capital letters count: write `scores`.",
    "x = true": "There is no 'true' here. Capital letters count: write `True`.",
    "gut": f"There is no 'gut' here. If it is text, put it in quotation marks; if a cell further up makes it, {ABOVE}",
    "ladder.text()": f"There is no 'ladder' here. A cell further up makes it: {ABOVE}",
    "np.mean(scores['loyalty'])": "There is no 'np' here. Run `import numpy as np` first.",
    "mean(scores['loyalty'])": "There is no 'mean' here. It stands behind the column or table: `scores['loyalty'].mean()`.",
    "correlation(scores)": "There is no 'correlation' here. It belongs to crmlab: write `crm.loyalty.correlation`.",
    "open_table('survey', 'mobi')": "There is no 'open_table' here. It belongs to crmlab: write `crm.open_table`.",
    "check('loyalty.pearson', 0.6)": "There is no 'check' here. It belongs to the lesson: write `lab.check`.",
    "import crm": "There is no package 'crm'. It is called crmlab: write `import crmlab as crm`.",
    "import crm lab": "Python cannot read line 1, `import crm lab`: the package is called crmlab; write `import crmlab as crm`.",
    "from crmlab import openTable": "There is no 'openTable' in crmlab. Did you mean 'open_table'?",
    "import panda": "There is no package 'panda'. Did you mean 'pandas'?",
    # the decimal comma
    'lab.predict("loyalty.pearson", low=0,6, high=0,9)': COMMA.format(0, 6, "`0.6` and `0.9`"),
    'lab.predict("loyalty.pearson",\n            low=0,25,\n            high=0,5)': COMMA.format(0, 25, "`0.25` and `0.5`"),
    'lab.predict("loyalty.pearson", 0,4, 0,6)': COMMA.format(0, 4, "`0.4` and `0.6`"),
    'lab.predict("loyalty.pearson", 0,6, low=0.5)': COMMA.format(0, 6, "`0.6`"),
    'lab.check("loyalty.pearson", 0,62)': COMMA.format(0, 62, "`0.62`"),
    'lab.check("loyalty.pearson", 0, 62)': COMMA.format(0, 62, "`0.62`"),
    'lab.check("loyalty.pearson", answer=-0,62)': COMMA.format("-0", 62, "`-0.62`"),
    "crm.loyalty.correlation(scores, alpha=0,05)": COMMA.format(0, "05", "`0.05`"),
    "alpha = 0,05": COMMA.format(0, "05", "`0.05`"),
    "crm.loyalty.correlation(scores, alpha=pair)": COMMA.format(0, 5, "`0.5`"),
    "{'a': 0,6, 'b': 0,4}": COMMA.format(0, 6, "`0.6` and `0.4`"),
    "round(scores['loyalty'].mean(), 0,2)": COMMA.format(0, 2, "`0.2`"),
    "scores[scores['loyalty'] > 7,5]": COMMA.format(7, 5, "`7.5`"),
    "scores['loyalty'].quantile(0,9)": COMMA.format(0, 9, "`0.9`"),
    # columns and methods that are not there
    'scores["loyality"]': "scores has no column 'loyality'. Did you mean 'loyalty'?",
    "scores.loyality": "scores has no column 'loyality'. Did you mean 'loyalty'?",
    "scores['Loyalty ']": "scores has no column 'Loyalty '. Capital letters and blanks count: write `scores['loyalty']`.",
    "scores.Loyalty": "scores has no column 'Loyalty'. Capital letters count: write `scores['loyalty']`.",
    "scores[['loyalty', 'xyz']]": f"scores has no column 'xyz'. {HAS}",
    "scores[['xyz']]": f"scores has no column 'xyz'. {HAS}",
    "survey['satisfaction']": "survey has no column 'satisfaction'. It is made by crm.score: `scores['satisfaction']`.",
    "survey.satisfaction": "survey has no column 'satisfaction'. It is made by crm.score: `scores['satisfaction']`.",
    "log['orders']": "log has no column 'orders'. It is made by crm.customer_summary: `summary = crm.customer_summary(log)`.",
    "scores['loyalty', 'quality']": "Several columns stand in double square brackets: `scores[['loyalty', 'quality']]`.",
    "scores.loc['loyalty']": "'loyalty' is a column, and `.loc` asks for rows first: write `scores['loyalty']`.",
    "scores.loc[0:5, 'loyality']": "There is no 'loyality' in scores. Did you mean 'loyalty'?",
    "scores[0]": "scores has no column 0, its columns have names. The row of that number is `scores.iloc[0]`.",
    "scores.groupby('brnach').size()": "scores has no column 'brnach'. Did you mean 'branch'?",
    "scores.groupby('branch')['loyality'].mean()": "scores has no column 'loyality'. Did you mean 'loyalty'?",
    "scores.sort_values('loyality')": "scores has no column 'loyality'. Did you mean 'loyalty'?",
    "scores.query('loyality > 3')": "scores has no column 'loyality'. Did you mean 'loyalty'?",
    "scores.head()['loyality']": "scores.head() has no column 'loyality'. Did you mean 'loyalty'?",
    "scores.describe().round(2)['loyality']": "scores.describe().round(2) has no column 'loyality'. Did you mean 'loyalty'?",
    "r.headline()['pearsn']": "There is no 'pearsn' in r.headline(). What there is says `list(r.headline())`.",
    "scores.iloc['loyalty']": "`.iloc` counts rows and columns by numbers, from 0. By its name a column is `scores['loyalty']`.",
    "scores.drop('loyalty')": "`drop` leaves out rows. To leave out a column say `scores.drop(columns='loyalty')`.",
    "scores.cor()": "A table has no '.cor'. Did you mean '.corr()'?",
    "scores['loyalty'].cor(scores['quality'])": "A column has no '.cor'. Did you mean '.corr()'?",
    "scores['loyalty'].average()": "A column has no '.average'. Did you mean '.mean()'?",
    "scores.groupby('branch').avg()": "A group has no '.avg'. Did you mean '.mean()'?",
    "scores.length": "A table has no '.length'. Did you mean '.shape[0]'?",
    "scores['loyalty'].sd()": "A column has no '.sd'. Did you mean '.std()'?",
    "survey.score()": "A table has no '.score'. It belongs to crmlab: write `crm.score(survey)`.",
    "crm.opentable('survey')": "crm has no 'opentable'. Did you mean 'open_table'?",
    "crm.loyalty.rfm(log)": "crm.loyalty has no 'rfm'. It belongs to another room: write `crm.portfolio.rfm`.",
    "lab.chekc('loyalty.pearson')": "There is no '.chekc' in lab. Did you mean 'check'?",
    "r.plot()": "There is no '.plot' in r. Did you mean '.figure()'?",
    "nothing.mean()": "nothing holds nothing (None). The call that made it gives nothing back; run that cell again without it.",
    "[1, 2].mean()": "A list has no '.mean'. A column of numbers has it: `pd.Series([1, 2]).mean()`.",
    "scores['loyalty'].mean.round(2)": "scores['loyalty'].mean is a function that has not been called. Put its brackets behind "
                                       "it: `scores['loyalty'].mean(...).round`.",
    # what does not fit
    "scores('loyalty')": "Columns stand in square brackets: `scores['loyalty']`.",
    "scores.loyalty()": "scores.loyalty is a column and needs no brackets: write `scores.loyalty`.",
    "r['pearson']": "r is a whole result. Its numbers stand in `r.table` and in `r.headline()`.",
    "round(r, 2)": "r is a whole result, and a number is wanted. Take one of its numbers, as in `r.headline()['pearson']`.",
    "answer + 0.1": "`answer` is text, and cannot be calculated with. Write `0.62`, without quotation marks.",
    "scores['branch'].mean()": TEXT, "scores['branch'] > 5": TEXT, "scores['loyalty'] / scores['branch']": TEXT,
    "scores.corr()": "Columns of text cannot be calculated with, and scores has 'customer_id' and 'branch'. Choose the columns of "
                     "numbers: `scores[['...', '...']]`.",
    "scores['quality'].corr('loyalty')": "'loyalty' is text, the name of a column. Its values are `scores['loyalty']`.",
    "scores[(scores['loyalty'] > 5) and (scores['quality'] > 3)]": JOINED,
    "scores[scores['loyalty'] > 5 & scores['quality'] > 3]": "Each comparison wants brackets of its own: `(a > 5) & (b > 3)`.",
    "crm.loyalty.correlation(scores, aplha=0.1)": "correlation() has no option 'aplha'. Did you mean 'alpha'?",
    "crm.score()": "crm.score() wants 'survey'. Put it between the brackets: `crm.score(survey)`.",
    "crm.loyalty.correlation('scores')": "crm.loyalty.correlation() wants a whole table for 'scores', and that is text. Without "
                                         "quotation marks: `scores`.",
    "crm.loyalty.correlation(scores['loyalty'])": "crm.loyalty.correlation() wants a whole table for 'scores', and that is a "
                                                  "column.",
    "crm.open_table(survey, 'mobi')": "crm.open_table() wants text for 'table', and that is a table. Put quotation marks around "
                                      "the word.",
}
#: What Python cannot read, by line, and what is said behind "Python cannot read line 1, `...`: ".
UNREADABLE = {
    "scores['loyalty'": "a bracket or a quotation mark was opened and never closed",
    "round(r, 2))": "a bracket is closed that was not opened like that",
    "scores['loyalty]": "a quotation mark is missing at the end of the text",
    "'It's fine'": "text with an apostrophe goes between double quotation marks, `\"`",
    "scores[scores['branch'] = 'north']": "`=` gives a name to a value; to compare, write `==`",
    "my-answer = 0.6": "a name has no minus in it; write `_`",
    "my answer = 0.6": "a name is one word; write `_` for the blank",
    "'answer' = 0.6": "the name before `=` has no quotation marks",
    "0.62 = answer": "the name stands before `=`, the value after it",
    "lab.check('loyalty.pearson') = 0.62": "nothing can be put into a call; what goes in stands between its brackets",
    "Import crmlab as crm": "the words of Python are written in small letters",
    "For i in [1]: print(i)": "the words of Python are written in small letters",
    "lab.predict('loyalty.pearson', low=,6, high=,9)": "a decimal begins with a number and a point, as in `0.6`",
    "scores['loyalty'] = = 3": "to compare, write `==` without a blank; to give a name, one `=`",
    "class = 3": "a word of Python's own cannot be a name; choose another one",
    "print r": "brackets are missing, as in `print(r)`",
    "lab.check('loyalty.pearson' 0.6)": "between two values something is missing, most often a comma or an operator",
    "lab.check('loyalty.pearson'; 0.6)": "values in brackets are parted by commas, and decimals are written with a point",
    "answer = 45 %": "Python knows no per cent sign; leave it out, and write a share as `0.45`",
    "answer = 1 000": "a number has no blanks in it, as in `1000`",
    "answer = €5": "a number has no currency; leave the sign out",
    "x = “a”": "there stands a curly quotation mark; write a straight one, `\"`",
    "x = 5 – 3": "there stands a long dash; a minus is `-`",
    "scores[scores.loyalty ≥ 5]": "at least is written `>=`",
    "scores[scores.loyalty => 5]": "at least is written `>=`, and at most `<=`",
    "crm.open_table('survey', C:\\me\\a.csv)": "a path is text; put it in quotation marks, and write `/` for `\\`",
    "crm.open_table('survey', world:survey)": "a source such as `world:survey` is text; put it in quotation marks",
    "answer =": "after the equals sign something is missing; put the dots `...` back or give an answer",
    "1 +* 2": "look for a missing comma, bracket or quotation mark",
}


def test_there_are_enough_of_them():
    assert len(SLIPS) + len(UNREADABLE) >= 100


@pytest.mark.parametrize("code", SLIPS)
def test_a_slip_gets_its_sentences(says, code):
    assert says(code) == f"{SLIPS[code]}\n{MORE}"


@pytest.mark.parametrize("code", UNREADABLE)
def test_what_python_cannot_read_gets_its_sentence(says, code):
    assert says(code) == f"Python cannot read line 1, `{code}`: {UNREADABLE[code]}.\n{MORE}"


def test_lines_are_counted_and_blanks_at_the_edge_told(says):
    assert says("x = 1\n  y = 2") == ("Python cannot read line 2, `y = 2`: it begins with blanks that do not fit; begin at the left "
                                      f"edge.\n{MORE}")
    assert says("for i in [1]:\nprint(i)") == ("Python cannot read line 2, `print(i)`: the lines that belong to it begin with four "
                                               f"blanks.\n{MORE}")


@pytest.mark.parametrize("word", ["float_", "quti", "lenn", "prnt", "clint", "idd", "lisst", "rond", "maxx", "summ", "typ", "filtr"])
@pytest.mark.parametrize("form", ["{}", "scores[{}]", "{}(scores)", "x = {} + 1"])
def test_builtins_are_never_proposed(says, word, form):
    said = says(form.format(word))
    assert said.endswith(MORE) and not set(re.findall(r"[`']([a-z]+)[`'(]", said)) & set(dir(builtins))


@pytest.mark.parametrize("code, last", [
    ("1 / 0", "ZeroDivisionError: division by zero"), ("[1][5]", "IndexError: list index out of range"),
    ("import json; json.loads('{')", "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("return 5", "SyntaxError: 'return' outside function"), ("assert 1 == 2", "AssertionError: "),
    ("{}['a']['b'] if True else 1", None), ("int('a')", "ValueError: invalid literal for int() with base 10: 'a'"),
    ("raise KeyError('my own')", None), ("next(iter([]))", "StopIteration: "),
])
def test_what_is_not_known_is_left_as_python_shows_it(shell, says, code, last):
    mine = says(code)
    slips.uninstall(shell)
    plain = says(code)
    slips.install(shell)
    assert last is None or mine.splitlines()[-1] == last.strip() or mine.endswith(last)
    assert mine == plain


def test_a_crmlab_error_speaks_for_itself(says):
    assert says("crm.loyalty.correlation(scores, 'satisfacton')").startswith("There is no score 'satisfacton'.")


def test_the_traceback_stays_at_hand(says):
    said = says("scores['loyality']")
    assert "Traceback" not in said
    assert "KeyError: 'loyality'" in says("%tb") and "Traceback" in says("%tb")
    says("round(r, 2))")
    assert "SyntaxError: unmatched ')'" in says("%tb")


def test_a_fault_of_the_helper_shows_pythons_own_words(says, monkeypatch):
    monkeypatch.setattr(names, "name_error", lambda *given: 1 / 0)
    assert "NameError: name 'scroes' is not defined" in says("scroes")
    assert says("scores.loyality") == f"{SLIPS['scores.loyality']}\n{MORE}"


def test_somebody_elses_handler_stays():
    other = InteractiveShell()
    other.set_custom_exc((ZeroDivisionError,), lambda *given, **more: ["theirs"])
    slips.install(other)
    slips.uninstall(other)
    assert other.custom_exceptions == (ZeroDivisionError,)


def test_import_installs_nothing_outside_a_notebook():
    code = ("import sys, crmlab; print('IPython' in sys.modules, 'crmlab.desk.slips' in sys.modules); "
            "from IPython.core.interactiveshell import InteractiveShell; shell = InteractiveShell.instance(); "
            "del sys.modules['crmlab']; import crmlab; print(shell.custom_exceptions, 'pandas' in sys.modules)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split("\n")[:2] == ["False False", "() False"]


# ---- a real kernel, once ----------------------------------------------------------------------------------

CELLS = ["import crmlab as crm", "scroes = 1\nscores", "crm.socre", "answer = 0,05", "prices = {'a': 1}\nprices['b']", "float_",
         "survey = crm.open_table('survey', 'mobi')\nlab = crm.lesson('loyalty', survey, student='Ada')\n"
         "lab.predict('loyalty.pearson', low=0.2, high=0.5)\nlab.check('loyalty.range', 99)\nlab.hint('loyalty.range');",
         "lab = crm.lesson('loyalty', crm.open_table('survey', 'mobi'), student=' ada')\n"
         "print(lab.record()['loyalty.range']['tries'], lab.predict('loyalty.pearson', low=..., high=...))",
         "lab = crm.lesson('loyalty', survey.head(200), student='Ada')\nprint(lab.record()['loyalty.range']['tries'])",
         "lab = crm.lesson('loyalty', survey, student='Bo')\nprint(lab.record()['loyalty.range']['tries'])",
         "lab = crm.lesson('loyalty', survey, student='Ada')\nprint(lab.submit().handed['exercises']['loyalty.range']['answer'])",
         "from crmlab.desk import slips; slips.uninstall()\nscores"]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """What each cell shows in a notebook at which somebody sits: text, and the lines of an error."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=tmp_path_factory.mktemp("desk"), stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    shown = [_shown(client, cell) for cell in CELLS]
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return shown


def _shown(client, cell: str) -> list[str]:
    sent, said, until = client.execute(cell), [], time.time() + 60
    while time.time() < until:
        try:
            message = client.get_iopub_msg(timeout=5)
        except queue.Empty:
            continue
        if message["parent_header"].get("msg_id") != sent:
            continue
        kind, content = message["msg_type"], message["content"]
        said += [content["text"].strip()] if kind == "stream" else content["traceback"] if kind == "error" else []
        if kind == "status" and content["execution_state"] == "idle":
            return said
    raise TimeoutError(cell)


def test_in_a_notebook_import_is_enough(notebook):
    assert notebook[:6] == [
        [], ["There is no 'scores' here. A cell further up makes it: " + ABOVE, MORE],
        ["crm has no 'socre'. Did you mean 'score'?", MORE], [COMMA.format(0, "05", "`0.05`"), MORE],
        ["There is no 'b' in prices. It has a.", MORE],
        [f"There is no 'float_' here. If it is text, put it in quotation marks; if a cell further up makes it, {ABOVE}", MORE]]
    assert len(notebook[-1]) > 1 and "NameError" in "".join(notebook[-1])


def test_running_the_cell_of_the_lesson_again_keeps_everything(notebook):
    assert notebook[7] == ["Kept from before: 1 answer, 1 guess and hints.\n1 Your guess stands: 0.20 to 0.50. Put two numbers in "
                           "place of the dots to change it."]
    assert notebook[8] == ["Other data or settings than before, so the answers begin afresh. With the earlier ones the earlier "
                           "answers come back.\n0"]
    assert notebook[9] == ["0"]
    assert notebook[10] == ["Kept from before: 1 answer, 1 guess and hints.\n99.0"]


def test_in_a_run_nobody_is_helped():
    """nbval, papermill and crmlab's own runs show every error as Python does."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("import crmlab as crm", "scroes", "1 +* 2")]
    book = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(book, kernel_manager_class=kernel.manager(None), kernel_name="python3", allow_errors=True).execute()
    assert all("Error" in "".join(cell.outputs[-1].traceback) and MORE not in cell.outputs[-1].traceback
               for cell in book.cells[1:])


# ---- a decimal comma in an answer, and what is kept -------------------------------------------------------


@pytest.mark.parametrize("answer, says", [
    ((0, 62), "Python reads `0,62` as two numbers, 0 and 62. Write `0.62`."),
    ((-1, 5), "Python reads `-1,5` as two numbers, -1 and 5. Write `-1.5`."),
    ((91, 987), "Python reads `91,987` as two numbers, 91 and 987. Write `91.987`. If the comma marks thousands, write `91987`."),
    ((1, 234, 567), "Python reads `1,234,567` as 3 numbers. Write `1234567`, without a mark between the thousands."),
    ((1, 234.5), "Python reads `1,234.5` as 2 numbers. Write `1234.5`, without a mark between the thousands."),
    ((0, 4, 0, 6), "Python reads a comma as the end of a number. Write decimals with a point, as in `0.5`. One number is asked."),
    ((0.4, 0.6), "One number is asked, and that is 2 values. Which of them answers the question?"),
    ("0,62", "That is text. Write `0.62`: no quotation marks, and a point for the decimals."),
])
def test_a_comma_in_one_number(answer, says):
    assert misread(answer, "number") == says


@pytest.mark.parametrize("answer, says", [
    ((0, 4, 0, 6), "Python reads a comma as the end of a number. Write decimals with a point, as in `0.5`."),
    ([0, 4, 1], "Python reads a comma as the end of a number. Write decimals with a point, as in `0.5`."),
    ([3, 4, 5], "2 numbers are asked, and that is 3 values."),
    ((0.4, 0.6), ""),
])
def test_a_comma_in_several_numbers(answer, says):
    assert misread(answer, "numbers", count=2) == says


@pytest.mark.parametrize("given, pairs", [
    ({"low": (0, 6), "high": (0, 9)}, "`0,6` as two numbers, 0 and 6. Decimals are written with a point: `0.6` and `0.9`."),
    ({"low": 0.2, "high": (0, 9)}, "`0,9` as two numbers, 0 and 9. Decimals are written with a point: `0.9`."),
    ({"low": (0, 4, 0, 6)}, "`0,4` as two numbers, 0 and 4. Decimals are written with a point: `0.4` and `0.6`."),
])
def test_a_comma_in_a_guess(given, pairs):
    lab = crm.lesson("loyalty")
    assert str(lab.predict("loyalty.pearson", 0, 6)) == ("Python reads `0,6` as two numbers, 0 and 6. Decimals are written with a "
                                                         "point: `0.6`. A guess is two such numbers.")
    assert str(lab.predict("loyalty.pearson", **given)) == f"Python reads {pairs}"
    assert lab.reveal("loyalty.pearson", Known()).table["term"].tolist() == ["the data"]


class Known:
    """A result with one number and its interval."""

    title, source = "A number", {}

    def headline(self) -> dict:
        return {"pearson": 0.5, "pearson_low": 0.4, "pearson_high": 0.6}


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """An open notebook, as far as a lesson can tell."""
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(progress, "_OPEN", {})
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def survey():
    return crm.open_table("survey", "mobi")


def test_the_hand_in_after_a_second_run_holds_the_answers(opened, survey, capsys):
    lab = crm.lesson("loyalty", survey, student="Ada", drop=[])
    lab.predict("loyalty.pearson", 0.2, 0.5)
    lab.check("loyalty.range", 5)
    lab.hint("loyalty.range")
    lab.solution("loyalty.zones")
    before = lab.record()
    assert capsys.readouterr().out == ""
    again = crm.lesson("loyalty", crm.open_table("survey", "mobi"), student=" ada ", drop=[])
    assert capsys.readouterr().out == "Kept from before: 1 answer, 1 guess and hints.\n"
    assert again.record() == before
    handed = again.submit().handed
    assert handed["exercises"]["loyalty.range"] == {"code": "wrong", "first": "wrong", "tries": 1, "hints": 1,
                                                    "solution_seen": False, "answer": 5.0}
    assert handed["guesses"] == {"loyalty.pearson": {"low": 0.2, "high": 0.5}}
    again.check("loyalty.range", 6)
    assert lab.record()["loyalty.range"]["tries"] == 2


@pytest.mark.parametrize("other", [{"student": "Bo"}, {"table": "head"}, {"drop": ["CUSL2"]}, {"practice": False}])
def test_another_student_table_setting_or_exam_begins_afresh(opened, survey, capsys, other):
    lab = crm.lesson("loyalty", survey, student="Ada", drop=[])
    lab.check("loyalty.range", 5)
    said = {"table": survey, "student": "Ada", "drop": []} | other
    table = survey.head(100) if isinstance(said["table"], str) else said["table"]
    fresh = crm.lesson("loyalty", **said | {"table": table})
    assert fresh.record()["loyalty.range"]["tries"] == 0
    told = "Other data or settings than before" in capsys.readouterr().out
    assert told == ("table" in other or "drop" in other)
    back = crm.lesson("loyalty", survey, student="Ada", drop=[])
    assert back.record()["loyalty.range"]["answer"] == 5.0


def test_another_lesson_and_another_notebook_begin_afresh(opened, survey, monkeypatch):
    crm.lesson("loyalty", survey, student="Ada").check("loyalty.range", 5)
    assert not [one for one in crm.lesson("portfolio", survey, student="Ada").record().values() if one["tries"]]
    monkeypatch.setenv("JPY_SESSION_NAME", "other.ipynb")
    assert crm.lesson("loyalty", survey, student="Ada").record()["loyalty.range"]["tries"] == 0


def test_notes_of_an_exam_are_kept_in_their_order(opened, survey, capsys):
    lab = crm.lesson("midterm", survey, student="Ada", practice=False)
    lab.note("midterm.b", 3, kind="number")
    lab.note("midterm.a", "north", kind="choice", names=["north", "south"])
    again = crm.lesson("midterm", survey, student="Ada", practice=False)
    assert {name: one["answer"] for name, one in again.record().items()} == {"midterm.b": 3, "midterm.a": "north"}
    assert list(again.record()) == ["midterm.b", "midterm.a"]
    assert capsys.readouterr().out.splitlines() == ["Kept from before: 2 answers."]
    again.note("midterm.b", ...)
    assert crm.lesson("midterm", survey, student="Ada", practice=False).record()["midterm.b"]["code"] == "todo"


def test_what_a_course_leaves_out_stays_out(opened, survey):
    lab = crm.lesson("loyalty", survey, student="Ada")
    lab.adapt(without=["loyalty.groups"])
    lab.check("loyalty.range", 5)
    again = crm.lesson("loyalty", survey, student="Ada")
    again.adapt(without=["loyalty.groups"])
    assert "loyalty.groups" not in again.record() and again.record()["loyalty.range"]["tries"] == 1


def test_outside_a_notebook_every_lesson_is_new(survey):
    crm.lesson("loyalty", survey, student="Ada").check("loyalty.range", 5)
    assert crm.lesson("loyalty", survey, student="Ada").record()["loyalty.range"]["tries"] == 0
