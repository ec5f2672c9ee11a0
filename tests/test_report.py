"""Documents: the same words in all three, no code, no network, text that stays text, the same bytes."""

import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from crmlab.desk import report, run
from crmlab.frame import picture, places
from crmlab.frame.errors import CrmlabError
from crmlab.frame.result import Caption, LeftOut, Result, kind

HERE = Path(__file__).parent
HOSTILE = ["<script>alert(1)</script>", "=cmd()", "$x$", "*a*", "[x](y)"]
ALT = 'Dots "rise" <b>. a measure · n = 3. $x$ *a*.'


class Page(HTMLParser):
    """The text, tags and pictures of a page, as a browser would take them."""

    def __init__(self, content: str):
        super().__init__()
        self.words, self.tags, self.images, self.styling = [], [], [], False
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.styling = tag == "style"
        self.images += [dict(attrs)] if tag == "img" else []

    def handle_endtag(self, tag):
        self.styling = False

    def handle_data(self, data):
        self.words += [] if self.styling else [data]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "SHARE", HERE)
        return run.run("good", {}, tmp_path_factory.mktemp("reports") / "good")


@pytest.fixture(scope="module")
def paths(done):
    return {path.suffix[1:]: path for path in report.report(done)}


@pytest.fixture(scope="module")
def page(paths):
    return Page(paths["html"].read_text("utf-8"))


@pytest.fixture(scope="module")
def document(paths):
    with zipfile.ZipFile(paths["docx"]) as parts:
        return {name: parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")}


@pytest.fixture(scope="module")
def printed(paths):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not on this machine")
    ask = ["pdftotext", "-layout", paths["pdf"], "-"]
    return subprocess.run(ask, capture_output=True, text=True, check=True).stdout


def written(part: str) -> str:
    return "".join(ElementTree.fromstring(part).itertext())


def test_text_from_data_stays_text(page, printed, document):
    assert "script" not in page.tags
    for words in HOSTILE:
        assert words in page.text
        assert words in " ".join(printed.split())
        assert words in written(document["word/document.xml"])


def test_the_front_comes_first_and_work_stays_out(page, printed, document):
    order = ["Is everything in its place?", "Three customers · n = 3 · crmlab lesson good",
             'Dots "rise" <b>.', "To do", "The idea", "A remark about mobi.", "Things in their place",
             "For the curious"]
    for text in (page.text, printed, written(document["word/document.xml"])):
        text = " ".join(text.split())
        assert [text.find(part) for part in order[1:]] == sorted(text.find(part) for part in order[1:])
        assert all(part in text for part in order)
        for out in ("Only on screen", "Guess first", "Scroll down", "Compute r yourself", "another set",
                    "import pandas", "drop_items", "answer ="):
            assert out not in text


def test_html_is_one_file_without_a_network_address(paths, page):
    content = paths["html"].read_text("utf-8")
    assert set(re.findall(r"https?://[^\"'<>)\s]+", content)) == {"http://www.w3.org/1998/Math/MathML"}
    assert not re.search(r"<link|@import|src=\"(?!data:)|url\((?!data:)", content)
    assert '<html lang="en">' in content and "<title>Is everything in its place?</title>" in content
    assert page.tags.count("h1") == 1 and "math" in page.tags


def test_pictures_keep_their_alt_text(page, document):
    assert [image["alt"] for image in page.images] == [ALT]
    assert page.images[0]["src"].startswith("data:image/svg+xml")
    pictures = ElementTree.fromstring(document["word/document.xml"]).iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr")
    assert [picture.get("descr") for picture in pictures] == [ALT]


def test_tables_stay_tables_with_numbers_to_the_right(paths, page, document):
    assert page.tags.count("table") == 1 and page.tags.count("tr") == 1 + len(HOSTILE)
    assert re.search(r'<td style="text-align: right;[^"]*">1,250</td>', paths["html"].read_text("utf-8"))
    assert document["word/document.xml"].count("<w:tbl>") == 1


def test_the_stamp_stands_in_every_footer(page, printed, document):
    line = f"data sha256 {'ab' * 6} · seed 1 · python"
    assert line in page.text and line in " ".join(printed.split())
    assert line in written(document["word/crmfoot.xml"])


def test_the_same_run_gives_the_same_documents(done, paths, tmp_path):
    for form, path in paths.items():
        copy = tmp_path / form
        shutil.copytree(done.folder, copy)
        (copy / path.name).unlink()
        again = run.Run(copy, done.lesson, True, done.results)
        assert report.report(again, [form]) == [copy / path.name]
        assert (copy / path.name).read_bytes() == path.read_bytes()


def test_a_document_that_is_there_is_kept(done, paths):
    before = paths["docx"].stat().st_mtime_ns
    report.report(done, ["docx"])
    assert paths["docx"].stat().st_mtime_ns == before


def test_another_kind_of_document_is_refused():
    with pytest.raises(CrmlabError) as caught:
        report.ready(["pdff"])
    assert str(caught.value) == ("There is no kind of document 'pdff'. "
                                 "crmlab report has: html, pdf and docx. Did you mean 'pdf'?")


def test_a_missing_extra_is_one_sentence(monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda package: None)
    with pytest.raises(CrmlabError) as caught:
        report.ready(["html"])
    assert str(caught.value) == ("The documents cannot be written. The package 'pypandoc' is not installed. "
                                 "Install the extra: pip install 'crmlab[report]'.")


def test_the_index_leads_to_every_report(done, paths):
    path = report.index(done.folder.parent, [done])
    content = path.read_text("utf-8")
    index = Page(content)
    assert re.findall('href="([^"]+)"', content) == [f"good/good.{form}" for form in ("html", "pdf", "docx")]
    assert all((path.parent / link).is_file() for link in re.findall('href="([^"]+)"', content))
    assert "Is everything in its place?" in index.text and 'Dots "rise" <b>.' in index.text
    assert [image["alt"] for image in index.images] == [ALT]
    assert "http" not in content


@kind
class Good(Result):
    def text(self):
        return "It stands."

    def caption(self):
        return Caption("It stands", "a measure")


def test_a_step_that_the_data_do_not_allow_leaves_one_line():
    """With it go its picture, the text above it, and what needs it; what else its cell shows stays."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

    def shown(*results):
        outputs = [new_output("display_data", {"text/html": one._repr_html_(), "text/plain": repr(one)}) if not picture else
                   new_output("display_data", {"image/png": "", "text/plain": one.caption().alt})
                   for one in results for picture in (True, False)]
        return new_code_cell(outputs=outputs)

    gone = LeftOut(title="Did it <move>?", table=pd.DataFrame(), reason="it was asked once")
    good = Good(title="Stands", table=pd.DataFrame({"n": [1]}))
    needing, alone = new_markdown_cell("## Needs it", metadata={"tags": ["needs:step"]}), shown(gone)
    alone["id"] = "step"
    cells, closing = report._possible([needing, new_markdown_cell("## Moved"), alone, new_markdown_cell(
        "## Both\n\n*How to read the picture:* so."), shown(good, gone), new_markdown_cell("## End")])
    assert [cell.source for cell in cells] == ["## Both", "", "## End"] and len(cells[1].outputs) == 2
    assert closing == ["## What these data do not tell", report.raw(
        "<p>Left out here, and why: <em>Did it &lt;move&gt;?</em> (it was asked once).</p>")]
    assert report._possible(cells) == (cells, [])


# ---- long names and pictures of one sign --------------------------------------------------------------------


LONG = "Customers who tell everybody about it at every occasion, whether anybody asked for it or not, and who buy slippers, too"
NAMES = ["short", LONG * 2, "W" * 180, "fans 🐘👍🏽 of it", "a\u200db", "", "Müller & Søn (ΑΒΓ)", "two\nlines " * 20]


@pytest.mark.parametrize("rows", [1, 3, 8, 16])
@pytest.mark.parametrize("width", [16, 34, 70])
def test_no_name_stands_over_another_or_leaves_the_page(rows, width):
    names = (NAMES * 2)[:rows]
    with picture.style():
        fig, ax = picture.canvas(LONG * 3, LONG, (7.2, 1.3 + 0.42 * rows))
        picture.names_down(ax, names, width)
        fig.canvas.draw()
        boxes = [label.get_window_extent() for label in ax.get_yticklabels() if label.get_text().strip()]
        words = [label for label in fig.texts if label.get_text()]
    assert min(box.x0 for box in boxes) >= 0 and not [box for box in boxes if box.y0 < 0 or box.y1 > fig.bbox.y1]
    assert not [1 for one, other in zip(boxes, boxes[1:], strict=False) if other.y1 > one.y0 + 1]
    assert max(label.get_window_extent().x1 for label in words) <= fig.bbox.x1
    assert "🐘" not in "".join(label.get_text() for label in ax.get_yticklabels())


def test_pictures_of_one_sign_are_told_in_a_pdf(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(report, "_pandoc", lambda text, *more: told.append(text) or b"x")
    (tmp_path / "report.typ").write_text("")
    report.WRITERS["pdf"]("🐘 and ✔ and 李 and café", report.Head("t", "s"), tmp_path)
    assert told == ["(elephant) and ✔ and 李 and café"]


def test_in_docx_no_page_is_broken_and_what_leads_to_a_picture_stays_with_it(paths):
    with zipfile.ZipFile(paths["docx"]) as parts:
        body, styles = parts.read("word/document.xml").decode(), parts.read("word/styles.xml").decode()
    assert 'w:type="page"' not in body and re.search('w:styleId="crm-lead".*?<w:keepNext', styles)
    paragraphs = re.findall(r"<w:p>.*?</w:p>", body, re.DOTALL)
    before = [one for one, next_ in zip(paragraphs, paragraphs[1:], strict=False) if "<w:drawing>" in next_]
    assert before and all(re.search('<w:pStyle w:val="(crm-|Heading)', one) or "<w:drawing>" in one for one in before)


def test_a_word_longer_than_its_line_may_break_in_print_and_stays_whole_in_html(tmp_path):
    text = "W" * 180 + " and short\n\n" + report.raw(f"<table><tr><td>{'V' * 180}</td><td>1.5</td></tr></table>")
    head = report.Head("t", "s")
    told = {form: report._pandoc(text, head, tmp_path, form).decode() for form in ("typst", "html")}
    for sign in "WV":
        assert f"{sign * 32}\u200b{sign * 32}" in told["typst"] and sign * 33 not in told["typst"] and sign * 180 in told["html"]
    assert "short" in told["typst"]
