"""The door: commands of a few lines each. They import where they need it, so that help comes at once."""

import sys

import click

from crmlab.frame.errors import CrmlabError, listed

#: The lesson's own parameters are no options of click's: they are read, typed and refused by the desk.
OPEN = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
LISTS = ("--columns", "--missing")
WORDS = click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[--PARAMETER VALUE]...")


class Door(click.Group):
    """Says in words, on stderr, what went wrong: code 2 for the reader's input, 1 for a lesson that broke."""

    def main(self, *args, **kwargs):
        for stream in (sys.stdout, sys.stderr):  # Windows writes into files in its own code page
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="crmlab.plainly")
        return super().main(*args, **kwargs)

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except CrmlabError as error:
            click.echo(_with_shell(str(error), ctx.invoked_subcommand), err=True)
            ctx.exit(2)
        except RuntimeError as error:
            from crmlab.desk.kernel import LessonBroken

            if not isinstance(error, LessonBroken):
                raise
            click.echo(str(error), err=True)
            ctx.exit(1)


def _with_shell(text: str, command: str) -> str:
    """The text, and after each line that holds a hint for Python the same in words for the shell."""
    from crmlab.desk import params

    known = {option.name for option in main.commands[command].params}
    if "words" in known:
        from crmlab.desk import lessons

        known |= {name for lesson in lessons.every() for name in lesson.parameters}
    lines = []
    for line in text.split("\n"):
        said = params.at_shell(line, known)
        lines += [line, said] if said else [line]
    return "\n".join(lines)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crmlab", message="crmlab %(version)s")
def main():
    """Learn, test and report customer relationship management with real data.

    \b
    crmlab list                       the lessons and their questions
    crmlab start                      your own copies, opened in JupyterLab
    crmlab run loyalty --help         what a lesson can be told
    crmlab report loyalty --data my/answers.csv
    """


@main.command("list")
@click.argument("lesson", required=False)
def list_(lesson):
    """Show the lessons, or what one can be told and which columns it reads.

    Example: crmlab list loyalty
    """
    from crmlab.desk import lessons

    told = (lessons.description, lessons.columns) if lesson else ()
    click.echo("\n\n".join(filter(None, (say(lessons.find(lesson)) for say in told))) or lessons.contents())


@main.command()
@click.argument("folder", default="crmlab-work")
@click.option("--copy-only", is_flag=True, help="Copy the lessons and open nothing.")
def start(folder, copy_only):
    """Open your own copies of the lessons.

    They are written into FOLDER (crmlab-work) and opened in JupyterLab.
    What you changed is never written over.

    Example: crmlab start my-course
    """
    from crmlab.desk.start import start as begin

    click.echo(begin(folder, copy_only))


@main.command()
def doctor():
    """Say "Ready", or what is amiss.

    What is amiss is one paragraph to send to your teacher.

    Example: crmlab doctor
    """
    from crmlab.desk.doctor import examine

    ready, said = examine()
    click.echo(said)
    sys.exit(0 if ready else 1)


def _once(flag: str, help: str):
    """An option that is refused where it is typed twice: click would keep the last one only."""
    def only(ctx, option, values):
        if len(values) > 1:
            joined = flag in LISTS or flag == "--scale" and all("=" in value for value in values)
            raise CrmlabError(f"The parameter '{option.name}' is given twice.", "One value would be lost.",
                              f'Give it once, with commas: {flag} "{",".join(values)}".' if joined else "Give it once.")
        return values[0] if values else "" if flag in LISTS else None

    return click.option(flag, multiple=True, callback=only, help=help)


@main.command()
@click.argument("file")
@_once("--table", help="survey, dyads, transactions or assessments; told by the columns if not said.")
@_once("--columns", help="Your names = ours, as in Kunde=customer_id,Z1=satisfaction_1.")
@_once("--scale", help="Lowest and highest answer, as in 1-7 or satisfaction=1-7,loyalty=0-10.")
@_once("--missing", help="What means no answer, as in -99,n/a.")
@_once("--refunds", help="In a log, amounts below 0: subtract (if not said), drop or refuse.")
@_once("--duplicates", help="Exact copies of a row: keep (if not said), drop or refuse.")
@_once("--incomplete", help="Rows without customer, date or amount: refuse (if not said) or drop.")
@_once("--timezone", help="Where the days are counted, as in Europe/Berlin.")
@_once("--until", help="The last day to keep, as in 2024-05-31.")
@_once("--dates", help="'day first' or 'month first', where 05/06/2024 could be either.")
@_once("--decimal", help="'point' or 'comma', where 2.798 could be 2798 or 2 and a bit.")
@_once("--currency", help="What amounts are in, as in EUR, where no sign stands beside them.")
@_once("--count", help="Which rows are purchases, as in 'Status=paid|shipped', or all.")
def validate(file, table, columns, scale, missing, **decisions):
    """Say what is wrong in your own file, or in a folder of filled forms.

    Cell by cell, and what each lesson can and cannot do with it.

    Example: crmlab validate my/answers.csv --columns Kunde=customer_id --missing -99
    """
    from crmlab.desk import params
    from crmlab.desk.validate import validate as check

    kinds = {"columns": "dict[str, str]", "scale": "str | None", "missing": "list[str]"}
    given = {"columns": columns, "scale": scale, "missing": missing}
    options = {name: params.fitted(params.Parameter(name, kind, None, ""), given[name], "crmlab validate")
               for name, kind in kinds.items()}
    checked = check(file, table, **options, **{name: said for name, said in decisions.items() if said})
    click.echo(_with_shell(checked.text(), "validate"))
    sys.exit(0 if checked.fine else 2)


@main.command()
@click.argument("form")
@click.option("--out", required=True, metavar="FILE", help="Where it goes: FILE.xlsx, or FILE.csv.")
@click.option("--short", is_flag=True, help="Sixteen practices for a class, not the sixty for a firm.")
@click.option("--raters", type=int, default=1, show_default=True, help="How many will fill it in, a sheet each.")
@click.option("--firm", default="", help="The name of the firm, if all write about the same.")
def template(form, out, short, raters, firm):
    """Write an empty form to fill in.

    The form assessment, after the QCi model: how well does a firm manage its customers? An xlsx has instructions,
    a sheet for each rater and lists to choose from; it opens in Excel and LibreOffice.
    Check what comes back with crmlab validate FILE, or a folder of forms with crmlab validate FOLDER.
    The form case is what a class reads before: two copies to be dealt by chance, as html to print.

    \b
    crmlab template assessment --raters 3 --firm "Muster & Co" --out assessment.xlsx
    crmlab template assessment --short --out class.xlsx
    crmlab template case --out case.html
    """
    from crmlab.desk.forms import copies
    from crmlab.desk.forms import template as write

    if form == "case":
        paths = " and ".join(map(str, copies(out)))
        return click.echo(f"{paths} are ready to be printed. Deal them by chance, one to each student.")
    path = write(form, out, short=short, raters=raters, firm=firm)
    click.echo(f"{path} is ready to be filled in. Then say: crmlab validate {path}")


@main.command()
@click.argument("file", required=False)
@click.option("--new", is_flag=True, help="Write a course to begin with, and its secret.")
def course(file, new):
    """Print a course as a syllabus.

    FILE is a course.toml; without it, all lessons. A wrong date, key, lesson or exercise is named.

    \b
    crmlab course --new course.toml
    crmlab course course.toml
    """
    from crmlab.desk.course import draft, plan

    if new:
        click.echo(draft.begin(file or "course.toml"))
    else:
        click.echo(plan.syllabus(plan.read(file) if file else plan.standing()))


@main.command()
@click.argument("lesson")
@click.option("--roster", required=True, metavar="FILE", help="Who is in the course, as the platform exports it.")
@click.option("--course", metavar="FILE", help="course.toml, for its weeks, words and exams.")
@click.option("--out", required=True, metavar="DIR", help="Where the students' folders go.")
@click.option("--core", is_flag=True, help="Without what is deeper (say core = true in the course, and grading knows).")
@click.option("--for", "place", type=click.Choice(["jupyter", "colab"]), default="jupyter", show_default=True,
              help="colab adds a first cell that installs crmlab.")
@click.option("--key", is_flag=True, help="Write for yourself what is right for everybody, and hand out nothing.")
def handout(lesson, roster, course, out, core, place, key):
    """Give every student a copy with data of their own.

    A folder for each student of the roster, and handout.csv, beside the course or the roster, for you alone: who got
    which data. Say it again for those who came later; a student's work is never written over.

    \b
    crmlab handout loyalty --roster roster.csv --course course.toml --out handouts
    crmlab handout exam --roster roster.csv --course course.toml --out exam
    crmlab handout exam --roster roster.csv --course course.toml --out key --key
    """
    if key:
        from crmlab.desk.course.key import key as write

        return click.echo(write(lesson, roster, out, course, core))
    from crmlab.desk.course.handing import handout as hand

    click.echo(hand(lesson, roster, out, course, core, place == "colab"))


@main.command()
@click.argument("handins")
@click.option("--roster", required=True, metavar="FILE", help="Who is in the course, as the platform exports it.")
@click.option("--course", metavar="FILE", help="course.toml, as for crmlab handout.")
@click.option("--lesson", help="Which lesson; told by the hand-ins if not said.")
@click.option("--rubric", metavar="FILE", help="rubric.xlsx of the first call, filled in.")
@click.option("--without", multiple=True, metavar="ID",
              help="Leave this student out, with marks left open; may be said again.")
@click.option("--out", required=True, metavar="DIR", help="Where marks, pages and the report go.")
def grade(handins, roster, course, lesson, rubric, without, out):
    """Mark what students handed in.

    HANDINS is a folder, or the archive that Moodle, Canvas or Blackboard gives, as it is. Nothing of a student is
    run: answers are read as text and judged on data drawn again from the roster. Every file that does not count
    stands in problems.csv with its reason. Ends with 0 where everybody who handed in has marks, with 1 where somebody
    has none, and with 2 where nothing was graded, and all is as it was.

    \b
    crmlab grade hand-ins.zip --roster roster.csv --course course.toml --out marks
    crmlab grade hand-ins.zip --roster roster.csv --course course.toml --out marks --rubric marks/rubric.xlsx
    """
    from crmlab.desk.course import grading

    told = grading.grade(handins, roster, out, course, lesson, rubric, without)
    click.echo(told)
    sys.exit(0 if told.whole else 1)


@main.command(context_settings=OPEN)
@click.option("--out", metavar="DIR", help="Where the results go; reports/LESSON if not said.")
@click.option("--help", "-h", "asked", is_flag=True, help="Show this; with a lesson, what it can be told.")
@click.argument("lesson", required=False)
@WORDS
@click.pass_context
def run(ctx, lesson, words, out, asked):
    """Run a lesson with your parameters.

    DIR gets the executed notebook, results.json, tables and pictures.

    \b
    crmlab run loyalty --help
    crmlab run loyalty --data my/answers.csv --alpha 0.01 --out my/loyalty
    """
    from crmlab.desk import run as desk

    if not _taught(ctx, lesson, asked):
        done = desk.run(lesson, _told(ctx, lesson, words), out or f"reports/{lesson}")
        click.echo(f"{'Done' if done.fresh else 'Nothing has changed; done before'}: {done.folder}")
        click.echo("".join(f"{line}\n" for line in done.said()), nl=False)


@main.command(context_settings=OPEN)
@click.option("--to", default="html,pdf,docx", show_default=True, help="Which documents.")
@click.option("--out", metavar="DIR", help="Where they go; reports/LESSON, or reports for all, if not said.")
@click.option("--help", "-h", "asked", is_flag=True, help="Show this; with a lesson, what it can be told.")
@click.argument("lesson", required=False)
@WORDS
@click.pass_context
def report(ctx, lesson, words, to, out, asked):
    """Run and write HTML, PDF and DOCX.

    A report has neither code nor exercises. Without LESSON, all lessons are run and index.html leads to them.

    \b
    crmlab report                     every lesson on its default data
    crmlab report loyalty --data my/answers.csv --to html,pdf
    """
    from crmlab.desk import report as desk

    if _taught(ctx, lesson, asked):
        return
    forms = [form.strip() for form in to.split(",") if form.strip()] or [to]
    if lesson:
        paths = desk.one(lesson, _told(ctx, lesson, words), out or f"reports/{lesson}", forms)
    else:
        paths = [desk.every(out or "reports", forms)]
    click.echo("\n".join(str(path) for path in paths))


def _taught(ctx, lesson, asked) -> bool:
    """Print the help that was asked for: the lesson's own where one is named."""
    from crmlab.desk import lessons

    if asked:
        click.echo(lessons.description(lessons.find(lesson)) if lesson else ctx.get_help())
    return asked


def _told(ctx, lesson, words) -> dict:
    """What was typed behind the lesson, as its parameters; without a lesson there is nothing to tell."""
    from crmlab.desk import lessons, params

    if not lesson or lesson.startswith("-"):
        known = [known.word for known in lessons.every()] or ["no lesson"]
        raise CrmlabError("Which lesson?", f"crmlab has: {listed(known, 30, quote=False)}.",
                          f"Write its name first, as in {ctx.command_path} {known[0]} --data my/answers.csv.")
    return params.flags(words, lessons.find(lesson).parameters)
