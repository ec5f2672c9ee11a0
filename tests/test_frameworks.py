"""The frameworks are told completely and honestly, drawn without a cut or a clash, and coded as the table says."""

import itertools
import json
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle

import crmlab as crm
from crmlab.frame import glossary, picture
from crmlab.frame.record import plain
from crmlab.frame.result import Result, Sentence
from crmlab.measures import frameworks
from crmlab.measures.frameworks import bands, book, boxes, coding, drawing, loop
from crmlab.measures.raters import kappa

KEYS = ["qci", "idic", "value_chain", "five_processes", "building_blocks", "competencies"]
QCI = frameworks.framework("qci")
COUNTS = {"analysis": 9, "proposition": 6, "activity": 20, "people": 6, "information": 5, "process": 5,
          "measurement": 5, "experience": 4}
STAGES = {"targeting": 5, "enquiry": 1, "welcoming": 5, "knowing": 1, "development": 2, "dissatisfaction": 1,
          "winback": 5}
SCORES = {"analysis": 38, "proposition": 31, "activity": 35, "people": 52, "information": 47, "process": 29,
          "measurement": 33, "experience": 21, "targeting": 44, "enquiry": 51, "welcoming": 18, "winback": 12}


def message(call) -> str:
    with pytest.raises(crm.CrmlabError) as error:
        call()
    return str(error.value)


# ---- the files --------------------------------------------------------------------------------------------


def test_six_frameworks_in_the_order_of_the_book():
    table = frameworks.catalogue()
    assert table["framework"].tolist() == KEYS
    assert table.notna().all().all() and (table.drop(columns=["year", "parts"]) != "").all().all()
    assert crm.frameworks is frameworks


@pytest.mark.parametrize("key", KEYS)
def test_file_is_complete(key):
    f = frameworks.framework(key)
    assert re.search(r"\b(19|20)\d\d$", f.source) and str(f.year) == f.source[-4:]
    assert f.version in [f.version, *f.versions["version"]] and len(f.history) >= 1
    assert f.about and f.reading and f.finding and f.spoken and f.alone
    parts = f.parts.set_index("part")
    assert parts.index.is_unique and parts["name"].is_unique
    assert (parts[["name", "kind", "meaning", "source", "evidence"]] != "").all().all()
    assert not parts["meaning"].str.contains(r"\.$|\s\s|^[A-Z](?!T)").any()
    assert set(parts["parent"]) - {""} <= set(parts.index)
    assert parts["source"].str.fullmatch(r".+ (19|20)\d\d|crmlab rule").all()
    assert {end for link in f.links for end in link[:2]} <= set(parts.index)
    assert drawing.drawn(f) and all(len(part.meaning) <= 160 for part in f.members)


@pytest.mark.parametrize("key", KEYS)
def test_nothing_in_a_file_is_read_past(key):
    """A word of the file that no field takes would be lost without a sound."""
    spec = tomllib.loads((book.HERE / f"{key}.toml").read_text(encoding="utf-8"))
    fields = set(book.Framework.__dataclass_fields__) - {"key", "members", "statements", "history"}
    assert set(spec) <= fields | {"parts", "practices", "versions"}
    assert all(set(words) <= set(book.Part._fields) for words in spec["parts"].values())


def test_every_file_is_in_the_register():
    assert {path.stem for path in book.HERE.glob("*.toml")} == set(book.register())


def test_framework_is_a_frozen_value():
    with pytest.raises(AttributeError):
        QCI.name = "other"
    copy = QCI.parts
    copy.loc[0, "name"] = "changed"
    assert QCI.part("analysis").name == "Analysis and planning"
    assert repr(frameworks.framework("idic")) == (
        "IDIC: identify, differentiate, interact, customise (Peppers & Rogers 2004, as in the textbook Managing "
        "Customer Relationships (2004)): Identify, Differentiate, Interact and Customise.")


def test_elements_stages_and_supports_of_qci():
    kinds = QCI.parts.groupby("kind", sort=False)["part"].agg(list)
    assert kinds["element"] == ["analysis", "proposition", "activity", "people", "information", "process",
                                "measurement", "experience"]
    assert kinds["stage"] == list(STAGES) and kinds["surroundings"] == ["environment"]
    loop_ = [(link.start, link.end) for link in QCI.links if link.kind == "loop"]
    assert loop_ == [("analysis", "proposition"), ("proposition", "activity"), ("activity", "experience"),
                     ("experience", "measurement"), ("measurement", "analysis")]
    assert [link.start for link in QCI.links if link.kind == "supports"] == ["people", "information", "process"]
    chain = [link.start for link in QCI.links if link.kind == "chain"] + ["winback"]
    assert chain == list(STAGES)


def test_under_the_picture_stands_whose_the_names_are():
    assert crm.frameworks.draw("qci").names() == (
        "The names are those of the book (Woodcock, Stone & Foss 2003), of the stages Targeting, Welcoming, Development and "
        "Winback; Enquiry, Getting to know and Dissatisfaction could not be checked there and are ours, after its sense.")
    assert crm.frameworks.draw("idic").names() == "All names in the picture are those of the source (Peppers & Rogers 2004)."
    assert crm.frameworks.draw("competencies").names() == (
        "All names in the picture come from a summary of the source (Peelen 2005).")


def test_names_from_memory_and_lists_of_ours_say_so():
    parts = QCI.parts.set_index("part")
    memory = parts.index[parts["evidence"].str.startswith("name from memory")]
    assert set(memory) == {"enquiry", "knowing", "dissatisfaction"}
    ours = parts.index[parts["source"] == "crmlab rule"]
    assert {parts.loc[key, "parent"] for key in ours} == {"measurement", "experience"} and len(ours) == 9
    assert "Quality Competitive Index" in QCI.note and "do not" in QCI.note


def test_the_value_chain_says_which_version():
    f = frameworks.framework("value_chain")
    assert len(f.versions) == 3 and f.versions["year"].isna().sum() == 1
    assert "(2004)" in frameworks.draw("value_chain").caption().measure
    assert "2 other versions known" in frameworks.draw("value_chain").text()


# ---- the practices ----------------------------------------------------------------------------------------


def test_sixty_practices_and_sixteen_for_a_class():
    table = QCI.practices()
    assert len(table) == 60 and table["practice"].is_unique and table["statement"].is_unique
    assert table.groupby("element", sort=False).size().to_dict() == COUNTS
    activity = table[table["element"] == "activity"]
    assert activity.groupby("section", sort=False).size().to_dict() == STAGES
    others = table[table["element"] != "activity"]
    assert (others["section"] == others["element"]).all()
    short = QCI.practices(short=True)
    assert len(short) == 16 and (short.groupby("element").size() == 2).all()
    assert short.loc[short["element"] == "activity", "section"].tolist() == ["welcoming", "dissatisfaction"]


def test_statements_stand_alone():
    table = QCI.practices()
    assert table["statement"].str.fullmatch(r"[A-Z].*[^.]\.").all()
    assert not table["statement"].str.contains(r"^(?:They|It|Their|This)\b").any()
    assert table["statement"].str.len().max() < 130
    assert table["practice"].str.fullmatch(r"[A-Z]{2}\d").all()
    assert set(table["part"]) <= {part.key for part in QCI.members}
    assert table["part"].is_unique


def test_practices_of_a_part():
    assert QCI.practices("welcoming")["practice"].tolist() == ["WE1", "WE2", "WE3", "WE4", "WE5"]
    assert len(QCI.practices("activity")) == 20
    assert QCI.practices("people", short=True)["practice"].tolist() == ["PO2", "PO5"]


# ---- errors, whole ----------------------------------------------------------------------------------------


def test_errors():
    assert message(lambda: frameworks.framework("qic")) == (
        "There is no framework 'qic'. The catalogue has: qci, idic, value_chain, five_processes, building_blocks "
        "and competencies. Did you mean 'qci'?")
    assert message(lambda: frameworks.framework("idic").part("identfy")) == (
        "There is no part 'identfy'. IDIC has: identify, differentiate, interact and customise. "
        "Did you mean 'identify'?")
    assert message(lambda: frameworks.framework("idic").practices()) == (
        "IDIC has no practices to rate. It is described by its parts only. "
        "The QCi model has them: framework(\"qci\").practices().")
    assert message(lambda: frameworks.draw("qci", open="welcome")) == (
        "There is no part with practices 'welcome'. QCi model has: analysis, proposition, activity, people, "
        "information, process, measurement, experience, targeting, enquiry, welcoming, knowing, development, "
        "dissatisfaction and winback. Did you mean 'welcoming'?")
    assert message(lambda: frameworks.draw("qci", {"environment": 50})) == (
        "'environment' has no score. External environment is drawn, not assessed. Parts with a score are analysis, "
        "proposition, activity, people, information, process, measurement, experience, targeting, enquiry, "
        "welcoming, knowing, development, dissatisfaction and winback.")
    assert message(lambda: frameworks.draw("idic", {"identfy": 50})) == (
        "There is no part 'identfy'. The drawing has: identify, differentiate, interact and customise. "
        "Did you mean 'identify'?")
    assert message(lambda: frameworks.draw("idic", [1, 2])) == (
        "The values cannot be drawn. They are of type list. "
        "Give a dict or a Series of numbers by key, as in {\"analysis\": 38}.")


@pytest.mark.parametrize("value", [101, -1, "38", True, np.True_, float("inf"), [3]])
def test_a_value_is_a_number_from_0_to_100(value):
    assert message(lambda: frameworks.draw("idic", {"identify": value})) == (
        f"The value of 'identify' cannot be drawn. It is {value!r}. "
        "Give a number from 0 to 100, or leave the part out.")


def test_practices_have_values_only_where_they_are_shown():
    assert frameworks.draw("qci", {"WE1": 60}, open="welcoming").values == {"WE1": 60.0}
    assert message(lambda: frameworks.draw("idic", {"WE1": 60})).startswith("There is no part 'WE1'.")
    assert message(lambda: frameworks.draw("qci", {"WE1": 60})).startswith("There is no part 'WE1'.")


def test_errors_of_the_crosswalk():
    assert message(lambda: frameworks.compare("idic", "idic")) == (
        "compare needs two frameworks. Both are 'idic'. Name another one beside it.")
    assert message(lambda: frameworks.recoded([1], framework="idic", part="identify")) == (
        "The codes do not fit the rows. There are 12 rows, and you gave 1 code. "
        "Give one for each row, in the order of crosswalk().")
    assert message(lambda: frameworks.recoded([3] * 12, framework="idic", part="identify")) == (
        "A code of 'analysis' is no step of the coding. It is 3. Give 0 (absent), 1 (partly) or 2 (covered).")
    assert message(lambda: frameworks.recoded([1] * 12, framework="qci", part="analysis")) == (
        "'qci' is not coded. Coded are idic, value_chain, five_processes, building_blocks and competencies. "
        "The QCi model is the yardstick; code a part of one of the others.")
    assert message(lambda: frameworks.recoded([1] * 12, framework="idic", part="identfy")) == (
        "There is no coded part 'identfy'. IDIC has: identify, differentiate, interact and customise. "
        "Did you mean 'identify'?")
    assert message(lambda: frameworks.recoded({"analisis": 1}, framework="idic", part="identify")) == (
        "There is no row 'analisis'. The crosswalk has: analysis, proposition, targeting, enquiry+welcoming, "
        "knowing+development, dissatisfaction, winback, people, information, process, measurement and experience. "
        "Did you mean 'analysis'?")


def test_a_framework_that_is_not_coded(monkeypatch):
    monkeypatch.setattr(coding, "_grid", lambda grid=coding.grid(): grid.drop(index="idic", level=0))
    assert message(lambda: frameworks.compare("idic", "qci")) == (
        "'idic' is not coded yet. Coded are value_chain, five_processes, building_blocks, competencies and qci. "
        "Add its rows to crosswalk.csv.")


# ---- drawings ---------------------------------------------------------------------------------------------


def drawn_at(result: Result):
    fig = result.figure()
    return fig, fig.canvas.get_renderer()


def extents(fig, renderer) -> list:
    """Every text with where it stands, in pixels; a hundredth of an inch of air is taken off."""
    texts = [text for ax in fig.axes for text in ax.texts if text.get_text()] + list(fig.texts)
    return [(text.get_text(), text.get_window_extent(renderer).padded(-1)) for text in texts]


def clashes(fig, renderer) -> list:
    found = extents(fig, renderer)
    return [(a, b) for (a, x), (b, y) in itertools.combinations(found, 2) if x.overlaps(y)]


def outside(fig, renderer) -> bool:
    box = fig.get_tightbbox(renderer)
    return box.x0 < -0.01 or box.y0 < -0.01 or box.x1 > fig.get_figwidth() + 0.01 or \
        box.y1 > fig.get_figheight() + 0.01


def escaped(result, fig, renderer) -> list:
    """Words that begin in the box of a part and leave it."""
    around = result.framework.layout.get("around")
    places = [box for key, box in result._plan.parts.items() if key != around]
    ax, found = fig.axes[0], []
    for words, at in extents(fig, renderer)[:len(ax.texts)]:
        (x0, y1), (x1, y0) = ax.transData.inverted().transform([(at.x0, at.y0), (at.x1, at.y1)])
        home = [b for b in places if b.x <= (x0 + x1) / 2 <= b.right and b.y <= (y0 + y1) / 2 <= b.foot]
        found += [words for b in home[-1:] if x0 < b.x or x1 > b.right or y0 < b.y or y1 > b.foot]
    return found


SHOWN = {key: lambda key=key: frameworks.draw(key) for key in KEYS} | {
    f"{key} scored": lambda key=key: frameworks.draw(
        key, {part.key: 100 - 7 * n for n, part in enumerate(drawing.rated(frameworks.framework(key))[::2])})
    for key in KEYS} | {
    f"open {key}": lambda key=key: frameworks.draw("qci", open=key) for key in [*COUNTS, "winback"]} | {
    "empty": lambda: frameworks.draw("qci", {}),
    "practices": lambda: frameworks.draw("qci", SCORES | {"WE1": 100, "WE2": 0}, open="welcoming")}
FIRST = {*KEYS, "qci scored", "value_chain scored", "open analysis", "open process", "practices"}


def slowly(name, quick: bool):
    return pytest.param(*name, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize("name", [slowly([name], name in FIRST) for name in SHOWN])
def test_no_words_clash_or_leave_their_box(name):
    result = SHOWN[name]()
    fig, renderer = drawn_at(result)
    assert not clashes(fig, renderer)
    assert not escaped(result, fig, renderer)
    assert not outside(fig, renderer)
    assert fig.get_figwidth() == boxes.WIDTH
    assert min(text.get_fontsize() for text in fig.axes[0].texts) >= boxes.SMALL


FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.one_of(st.floats(0, 100), st.just(np.nan), st.none(), st.integers(0, 100))


@FEW
@given(data=st.data())
def test_any_scores_draw_within_the_sheet(data):
    key = data.draw(st.sampled_from(KEYS))
    parts = [part.key for part in drawing.rated(frameworks.framework(key))]
    opened = data.draw(st.sampled_from([None, *COUNTS, *STAGES])) if key == "qci" else None
    shown = QCI.practices(opened)["practice"].tolist() if opened else []
    values = data.draw(st.dictionaries(st.sampled_from(parts + shown), NUMBERS))
    result = frameworks.draw(key, values, open=opened)
    fig, renderer = drawn_at(result)
    assert not outside(fig, renderer) and not clashes(fig, renderer)
    assert set(result.values) == {k for k, v in values.items() if v is not None and v == v}
    assert "nan" not in result.text().lower().split()
    json.dumps(plain(result.headline()), allow_nan=False)


@pytest.mark.parametrize("a, b", [slowly(pair, pair in [("qci", "idic"), ("value_chain", "five_processes")])
                                  for pair in itertools.combinations(KEYS, 2)])
def test_comparisons_are_drawn_without_a_clash(a, b):
    fig, renderer = drawn_at(frameworks.compare(a, b))
    assert not clashes(fig, renderer) and not outside(fig, renderer)


def test_the_gauge_is_as_long_as_the_score():
    result = frameworks.draw("idic", {"identify": 25, "interact": 100, "customise": 0})
    fig, _ = drawn_at(result)
    fills = {fill.get_y(): fill.get_width() for fill in fig.axes[0].patches if isinstance(fill, Rectangle)}
    at = result._plan.parts
    assert {key: fills.get(at[key].y) for key in at} == pytest.approx(
        {"identify": at["identify"].w / 4, "differentiate": None, "interact": at["interact"].w, "customise": 0.0})


def test_what_is_missing_is_hatched_and_named():
    result = frameworks.draw("qci", SCORES)
    fig, _ = drawn_at(result)
    hatched = [patch for patch in fig.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 3
    assert [text.get_text() for text in fig.axes[0].texts].count("not assessed") == 3
    assert "Not assessed: Getting to know, Development and Dissatisfaction." in result.text()


def test_the_weakest_is_an_element_before_it_is_a_stage():
    assert frameworks.draw("qci", SCORES).answer() == "Weakest: Customer experience at 21."
    assert frameworks.draw("qci", {"targeting": 40, "winback": 12}).answer() == "Weakest: Winback at 12."
    assert frameworks.draw("qci", {"people": 5, "process": 5, "targeting": 1}).answer() == (
        "Weakest: People & organisation and Process management at 5.")
    assert frameworks.draw("value_chain", {"portfolio": 50, "culture": 20}).headline()["weakest"] == "culture"
    assert frameworks.draw("qci", {}).answer() == "No part is assessed."
    assert frameworks.draw("qci", {}).headline() == {"assessed": 0, "weakest": None, "lowest": None}


def test_alt_text_tells_structure_and_numbers():
    alt = frameworks.draw("qci", SCORES, open="winback").figure().alt
    for words in ("8 elements: Analysis and planning", "7 stages: Targeting, Enquiry", "Measurement to Analysis",
                  "People & organisation to Customer management activity", "Customer experience 21",
                  "Dissatisfaction not assessed", "WI5: Customers who return are treated as returning"):
        assert words in alt
    assert "Arrows (chain): Identify to Differentiate" in frameworks.draw("idic").figure().alt


def test_text_of_a_scored_drawing():
    assert frameworks.draw("idic", pd.Series({"identify": 60.0, "interact": 30.0})).text() == (
        "IDIC: identify, differentiate, interact, customise (Peppers & Rogers 2004). 4 tasks: Identify, Differentiate, "
        "Interact and Customise. Assessed are 2 of 4 parts. Highest: Identify, 60 of 100. Weakest: Interact, 30 of "
        "100. Not assessed: Differentiate and Customise.")


def test_values_of_the_caller_stay_as_they_are():
    values = {"identify": 60, "interact": None}
    frameworks.draw("idic", values).figure()
    assert values == {"identify": 60, "interact": None}


def test_words_are_measured_as_they_are_set():
    """The ruler of the layout never finds words shorter than the screen makes them."""
    with picture.style():
        fig, ax = picture.canvas("t", "m")
        text = ax.text(0, 0, "Information & technology", fontsize=10.5, fontweight="bold")
        drawn = text.get_window_extent(fig.canvas.get_renderer()).width / fig.dpi
    assert drawn - 0.01 <= boxes.long("Information & technology", 10.5, "bold") <= drawn + 0.07
    assert boxes.wrapped("a longword b", 0.2, 10) == ["a", "longword", "b"]


def test_layouts_name_parts_that_exist():
    for key in KEYS:
        f = frameworks.framework(key)
        at = loop.plan(f, None, False) if f.layout["kind"] == "loop" else bands.Plan(f, False)
        assert set(at.parts) == {part.key for part in drawing.drawn(f)}


# ---- the crosswalk ----------------------------------------------------------------------------------------


def test_coding_names_parts_that_exist_and_codes_0_to_2():
    grid = coding.grid()
    assert grid.shape == (27, 12) and set(np.unique(grid)) == {0, 1, 2}
    for key, part in grid.index:
        assert frameworks.framework(key).part(part)
    rows = [key for row in grid.columns for key in row.split("+")]
    assert set(rows) == {"analysis", "proposition", *STAGES, "people", "information", "process", "measurement",
                         "experience"}
    assert (grid.max(axis=1) > 0).all()


def test_coverage_is_computed_from_the_coding():
    """Domain 4.2: rows fully covered 12, 10, 8 and 7, touched 12, 12, 9 and 12."""
    found = frameworks.crosswalk()
    by = found.models.set_index("framework")
    assert by["covered"].to_dict() == {"idic": 8, "value_chain": 10, "five_processes": 7, "building_blocks": 12,
                                       "competencies": 6}
    assert by["touched"].to_dict() == {"idic": 9, "value_chain": 12, "five_processes": 12, "building_blocks": 12,
                                       "competencies": 7}
    assert by["coverage"].to_dict() == pytest.approx(
        {"idic": 17 / 24, "value_chain": 22 / 24, "five_processes": 19 / 24, "building_blocks": 1,
         "competencies": 13 / 24})
    assert by.loc["idic", "left_out"] == "people and organisation, process management and measurement"
    assert by.loc["value_chain", "left_out"] == ""
    assert len(found.table) == 27 * 12 and set(found.table) <= set(glossary.COLUMNS)
    cell = found.table.query("part == 'Winback' and framework == 'IDIC' and other_part == 'Differentiate'")
    assert cell["coded"].item() == 2


def test_the_picture_of_the_crosswalk_reads_upright():
    fig, renderer = drawn_at(frameworks.crosswalk())
    assert not clashes(fig, renderer) and not outside(fig, renderer) and fig.get_figwidth() == boxes.WIDTH
    words = [text for text in fig.axes[0].texts if text.get_text() != "×"]
    assert not any(text.get_rotation() for text in words) and min(text.get_fontsize() for text in words) >= boxes.SMALL


def test_crosswalk_says_whose_coding_it_is():
    found = frameworks.crosswalk()
    assert "our coding (crmlab rule), to be coded again by you" in found.text()
    assert "our coding (crmlab rule), to be coded again by you" in found.caption().measure
    assert found.sets == [("building_blocks",)]
    assert "never fully cover customer experience" in found.text()


def test_smallest_sets():
    rows = pd.DataFrame({"p": [2, 0, 0, 2], "q": [0, 2, 0, 2], "r": [0, 0, 2, 1]}, index=list("abcd"))
    assert coding.smallest(rows) == [("c", "d")]
    assert coding.smallest(rows.drop(index="c")) == []
    assert coding.smallest(rows.drop(index="d")) == [("a", "b", "c")]


def test_crosswalk_finds_words_for_other_codings(monkeypatch):
    grid = coding.grid()
    monkeypatch.setattr(coding, "_grid", lambda: grid.drop(index="building_blocks", level=0))
    assert "All of them together do not cover every row." in frameworks.crosswalk().text()
    helped = grid.drop(index="building_blocks", level=0)
    helped.loc[("five_processes", "performance"), "experience"] = 2
    monkeypatch.setattr(coding, "_grid", lambda: helped)
    assert ("To cover every row it takes 2 frameworks: the CRM value chain and the five processes."
            in frameworks.crosswalk().text())
    both = grid.copy()
    both.loc[("five_processes", "performance"), "experience"] = 2
    monkeypatch.setattr(coding, "_grid", lambda: both)
    assert ("Every row is covered by the eight building blocks alone; otherwise by the CRM value chain and the five "
            "processes." in frameworks.crosswalk().text())


def test_compare_on_numbers_worked_by_hand():
    found = frameworks.compare("idic", "qci")
    best = coding.grid().loc["idic"].max()
    assert found.overlap == pytest.approx(2 * best.sum() / np.sqrt((best**2).sum() * 48))
    assert found.headline() == {"overlap": found.overlap, "first_covered": 4, "first_none": 0,
                                "second_covered": 8, "second_none": 3}
    mine = found.table.set_index("part")
    assert mine.loc["Identify", "other_part"] == ("Analysis and planning; Enquiry and welcoming; "
                                                  "Information and technology")
    assert mine.loc["Identify", "overlap"] == pytest.approx(2 / np.sqrt(4 + 1 + 4 + 1 + 1 + 4))
    assert mine.loc["Measurement", ["counterpart", "other_part", "overlap"]].tolist() == ["none", "", 0.0]
    assert mine.loc["Customer experience", "counterpart"] == "partly"
    assert found.answer() == "3 of 12 parts of the QCi model find nothing in IDIC."


def test_compare_both_ways_is_the_same():
    for a, b in itertools.combinations(KEYS, 2):
        one, other = frameworks.compare(a, b), frameworks.compare(b, a)
        assert one.overlap == pytest.approx(other.overlap) and 0 < one.overlap < 1 + 1e-9
        left, right = (r.table.set_index(["framework", "part"])["counterpart"] for r in (one, other))
        assert left.sort_index().equals(right.sort_index())


def test_network_development_has_no_full_home():
    for other in ("qci", "idic", "five_processes", "building_blocks"):
        table = frameworks.compare("value_chain", other).table.set_index("part")
        assert table.loc["Network development", "counterpart"] == "partly"


# ---- a reader's own coding --------------------------------------------------------------------------------


def test_recoded_is_weighted_kappa():
    own = [2, 0, 1, 2, 2, 0, 0, 0, 2, 0, 0, 1]
    found = frameworks.recoded(own, framework="idic", part="identify", draws=200)
    ours = coding.grid().loc[("idic", "identify")]
    counts = pd.crosstab(pd.Categorical(own, [0, 1, 2]), pd.Categorical(ours, [0, 1, 2]), dropna=False)
    assert found.kappa.estimate == pytest.approx(float(kappa(counts.to_numpy())))
    assert found.headline()["same"] == 9
    assert "winback (you 0, we 1)" in found.text()
    as_dict = dict(zip(ours.index, own, strict=True))
    again = frameworks.recoded(as_dict, framework="idic", part="identify", draws=200)
    assert again.text() == found.text()


def test_recoded_waits_for_an_answer():
    for own in ([...] * 12, {"analysis": 2}, []):
        answer = frameworks.recoded(own, framework="idic", part="identify")
        assert isinstance(answer, Sentence)
        assert answer == "Not answered yet. Put 12 codes (0, 1 or 2) in place of the dots."


def test_recoded_without_variation():
    found = frameworks.recoded([0] * 12, framework="building_blocks", part="technology", draws=100)
    assert found.kappa.estimate == pytest.approx(0)
    perfect = coding.grid().loc[("idic", "identify")].tolist()
    same = frameworks.recoded(perfect, framework="idic", part="identify", draws=100)
    assert "Weighted kappa is 1.00, without an interval." in same.text()
