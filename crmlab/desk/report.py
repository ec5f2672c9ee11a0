"""Documents: an executed notebook becomes HTML, PDF and DOCX, without code, exercises and predictions."""

import base64
import html
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode
from tqdm import tqdm

from crmlab.desk import lessons, provenance, word
from crmlab.desk import run as running
from crmlab.desk.lessons import Lesson, tags
from crmlab.desk.run import Run
from crmlab.frame import picture, places
from crmlab.frame.errors import CrmlabError, unknown

TEMPLATES = Path(__file__).parent / "templates"
FORMS = ("html", "pdf", "docx")
#: What stands in a notebook for the one who works in it, and not in a report for the one who reads it.
LEFT_OUT = {"setup", "parameters", "injected-parameters", "predict", "exercise", "screen"}
#: Markdown as Jupyter reads it, with formulas; what Jupyter leaves as text stays text.
READER = "commonmark_x-subscript-superscript-definition_lists-yaml_metadata_block-emoji"
FENCE = ":" * 12
READING = re.compile(r"\*How to read [^*]*\*.*?(?=\n\n|\Z)", re.DOTALL)
HEADING = '<p class="crm-heading">'
STEP = re.compile(r'<div class="[^"]*crm-left-out">.*?<b>(.*?)</b>.*?<p class="crm-text">(?:Left out: )?(.*?)</p>', re.DOTALL)


class Head(NamedTuple):
    """What stands around a document: its title and the stamp at its foot."""

    title: str
    stamp: str


def report(run: Run, to: Sequence[str] = FORMS) -> list[Path]:
    """Write the run's documents into its folder; the same run gives the same bytes.

    A document that is there already belongs to this very run (a new run brings its own) and is kept.
    """
    ready(to)
    wanted = [run.folder / f"{run.lesson}.{form}" for form in to]
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        with tempfile.TemporaryDirectory() as folder:
            text = document(run, Path(folder))
            head = Head(Lesson(run.lesson, run.notebook).question, provenance.line(run.stamp))
            for path in missing:
                places.write(path, WRITERS[path.suffix[1:]](text, head, Path(folder)))
    return wanted


def ready(to: Sequence[str]) -> None:
    """Refuse what could not be written, before anything is run."""
    for form in to:
        if form not in FORMS:
            raise unknown("kind of document", form, "crmlab report", FORMS)
    for package in ("pypandoc", "typst"):
        if not find_spec(package):
            raise CrmlabError("The documents cannot be written.",
                              f"The package '{package}' is not installed.",
                              "Install the extra: pip install 'crmlab[report]'.")


def one(lesson: str, given: dict, out: str | Path, to: Sequence[str] = FORMS) -> list[Path]:
    """Run a lesson and write its documents."""
    ready(to)
    return report(running.run(lesson, given, out, then=lambda done: report(done, to)), to)


def every(out: str | Path, to: Sequence[str] = FORMS) -> Path:
    """Run every lesson on its defaults and write all documents and the index; returns the index."""
    ready(to)
    runs, bar = [], tqdm(lessons.every(), desc="Reports", unit="lesson")
    for lesson in bar:
        bar.set_postfix_str(lesson.word)
        runs.append(running.run(lesson.word, {}, Path(out) / lesson.word, progress=False,
                                then=lambda done: report(done, to)))
        report(runs[-1], to)
    return index(out, runs)


def document(run: Run, pictures: Path) -> str:
    """The executed notebook as one markdown text; its pictures go into the folder."""
    lesson = Lesson(run.lesson, run.notebook)
    cells = [cell for cell in lesson.notebook.cells if not LEFT_OUT & set(tags(cell))]
    # The opening speaks to the one who works through the lesson; of it the report keeps the question.
    cells = [cell for cell in cells if cell.source != lesson.opening]
    name = next((found[1] for cell in cells for bundle in _bundles(cell)
                 if (found := re.fullmatch(f"{HEADING}<b>(.*)</b></p>", bundle.get("text/html", "")))), "")
    cells, closing = _possible(cells)
    front = [_written(cell, pictures) for cell in cells if "front" in tags(cell)]
    rest = [_written(cell, pictures) for cell in cells if "front" not in tags(cell)]
    under = " · ".join([lesson.question] * bool(name) + [_subtitle(run)])
    head = [raw(f"<h1>{name}</h1>") if name else f"# {lesson.heading}",
            raw(f'<p class="crm-subtitle">{html.escape(under)}</p>')]
    first = [f"{FENCE} {{.front{' .board' * bool(name)}}}", *front, FENCE] if front else []
    return "\n\n".join([*head, *first, *rest, *closing]) + "\n"


def _possible(cells: list) -> tuple[list, list[str]]:
    """The cells without the steps that the data do not allow, and a closing line that names these.

    With a step goes the text above it that speaks of nothing else, and each cell tagged ``needs:STEP``.
    """
    out, gone, missed = [], set(), []
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        steps = [step for bundle in _bundles(cell) if (step := STEP.match(bundle.get("text/html", "")))]
        missed += [f"<em>{step[1]}</em> ({step[2].split('. ')[0].rstrip('.')})" for step in steps]
        shown = [output for output in cell.get("outputs", []) if not _absent(output.get("data", {}))]
        told = bool(steps and out and out[-1].cell_type == "markdown")
        if steps and not shown:
            gone.add(cell.id)
            if told and (after is None or after.cell_type == "markdown"):
                out.pop()
            continue
        if told:
            out[-1] = NotebookNode({**out[-1], "source": READING.sub("", out[-1].source).strip()})
        out.append(NotebookNode({**cell, "outputs": shown}) if steps else cell)
    needed = [{tag.removeprefix("needs:") for tag in tags(cell) if tag.startswith("needs:")} for cell in out]
    kept = [cell for cell, needs in zip(out, needed, strict=True) if not needs & gone]
    said = f"<p>Left out here, and why: {'; '.join(dict.fromkeys(missed))}.</p>"
    return kept, ["## What these data do not tell", raw(said)] * bool(missed)


def _absent(bundle: dict) -> bool:
    """Whether an output is of a step left out: its sentence, the picture of that, or nothing at all."""
    page = bundle.get("text/html", "")
    return ": left out. " in bundle.get("text/plain", "") if "image/png" in bundle else not page or bool(STEP.match(page))


def _bundles(cell) -> list[dict]:
    return [output.data for output in cell.get("outputs", []) if "data" in output]


def _subtitle(run: Run) -> str:
    source = json.loads((run.folder / "results.json").read_text("utf-8"))["provenance"]
    rows = source.get("rows_kept")
    several = "wave" in source.get("roles", []) or source.get("table") == "transactions"
    judged = source.get("table") == "assessments"
    size = "" if not rows else f"{rows:,} judgements" if judged else f"{rows:,} rows" if several else f"n = {rows:,}"
    parts = [source.get("title"), size, f"crmlab lesson {run.lesson}"]
    return " · ".join(filter(None, parts))


def _written(cell, pictures: Path) -> str:
    """A cell as markdown: prose as it is, results and pictures as raw HTML, code not at all."""
    if cell.cell_type != "code":
        return cell.source if cell.cell_type == "markdown" else ""
    return "\n\n".join(filter(None, (_shown(bundle, pictures) for bundle in _bundles(cell))))


def _shown(bundle: dict, pictures: Path) -> str:
    name = f"picture-{len(list(pictures.iterdir())) + 1}"
    src = ""
    if "image/png" in bundle:
        src = f"{name}.png"
        (pictures / src).write_bytes(base64.b64decode(bundle["image/png"]))
    if "image/svg+xml" in bundle:
        src = f"{name}.svg"
        (pictures / src).write_text(bundle["image/svg+xml"], "utf-8")
    if src:
        return raw(f'<p><img src="{src}" alt="{html.escape(bundle.get("text/plain", ""))}"></p>')
    page = bundle.get("text/html", "")
    return "" if not page or page.startswith(HEADING) else raw(page)  # a heading is the title already


def raw(content: str) -> str:
    """Raw HTML for pandoc, fenced by more backticks than it holds."""
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", content))])
    return f"{fence} {{=html}}\n{content}\n{fence}"


# ---- the three documents ----------------------------------------------------------------------------------


def _pandoc(text: str, head: Head, folder: Path, form: str, *options: str) -> bytes:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--from", READER, "--to", form,
               "--lua-filter", TEMPLATES / "report.lua", "--resource-path", folder,
               "--metadata", f"pagetitle={head.title}", "--metadata", "lang=en",
               "--metadata", f"stamp={head.stamp}", "--quiet", *options]
    env = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True, env=env).stdout


def _html(text: str, head: Head, folder: Path) -> bytes:
    style = (TEMPLATES / "report.css").read_text("utf-8")
    return _pandoc(text, head, folder, "html", "--template", TEMPLATES / "report.html",
                   "--variable", f"style={style}", "--mathml", "--embed-resources")


def _pdf(text: str, head: Head, folder: Path) -> bytes:
    import typst

    page = folder / "report.typ"
    page.write_bytes(_pandoc(picture.worded(text), head, folder, "typst", "--template", TEMPLATES / "report.typ"))
    # Only typst's own fonts: a PDF must not depend on what a machine happens to have installed.
    return typst.compile(str(page), root=str(folder), ignore_system_fonts=True, font_paths=[], timestamp=0)


def _docx(text: str, head: Head, folder: Path) -> bytes:
    import pypandoc

    target, reference = folder / "report.docx", folder / "reference.docx"
    reference.write_bytes(word.reference(pypandoc.get_pandoc_path(), head.stamp))
    _pandoc(text, head, folder, "docx", "--output", target, "--reference-doc", reference)
    return target.read_bytes()


WRITERS = {"html": _html, "pdf": _pdf, "docx": _docx}


# ---- the list of all --------------------------------------------------------------------------------------


def index(folder: str | Path, runs: Iterable[Run]) -> Path:
    """Write index.html: each report with its question, its answer, its picture and its documents."""
    folder = Path(folder)
    entries = "\n".join(_entry(run, folder) for run in runs)
    body = f'<h1>What the data say</h1>\n<ul class="reports">\n{entries}\n</ul>'
    return places.write(folder / "index.html", page(Head("crmlab reports", f"crmlab {version('crmlab')}"), body))


def page(head: Head, body: str, style: str = "") -> str:
    """One HTML file in the house look; whoever calls has escaped what others wrote."""
    template = (TEMPLATES / "report.html").read_text("utf-8")
    filled = {"pagetitle": html.escape(head.title), "stamp": html.escape(head.stamp),
              "style": (TEMPLATES / "report.css").read_text("utf-8") + style, "body": body}
    return re.sub(r"\$(\w+)\$", lambda found: filled[found[1]], template)


def _entry(run: Run, folder: Path) -> str:
    lesson = Lesson(run.lesson, run.notebook)
    bundles = [output.data for cell in lesson.notebook.cells if "front" in tags(cell)
               for output in cell.get("outputs", []) if "data" in output]
    drawn = next((bundle for bundle in bundles if "image/png" in bundle), None)
    image = (f'<img src="data:image/png;base64,{drawn["image/png"].strip()}" '
             f'alt="{html.escape(drawn["text/plain"])}">' if drawn else "")
    said = [bundle.get("text/html", "") for bundle in bundles]
    answer = next((sentence for sentence in said if sentence.startswith('<p class="crm-answer">')), "")
    where = Path(os.path.relpath(run.folder, folder)).as_posix()
    links = [f'<a href="{where}/{run.lesson}.{form}">{form.upper()}</a>' for form in FORMS
             if (run.folder / f"{run.lesson}.{form}").is_file()]
    return (f"<li><div>{image}</div><div><h2>{html.escape(lesson.question)}</h2>\n{answer}\n"
            f'<p class="forms">{" ".join(links)}</p></div></li>')
