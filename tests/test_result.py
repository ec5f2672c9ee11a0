"""The one contract, held by every public analysis: a Result that speaks the glossary and says the same twice."""

import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from contract import holds

import crmlab as crm
from crmlab.frame import places
from crmlab.frame.record import plain, spreadsheet_safe
from crmlab.frame.result import LeftOut, publish
from crmlab.measures import tables

EVIL = ["<script>alert(1)</script>", "=cmd()", "$x^2$", "*a* [b](c)"]


def world() -> pd.DataFrame:
    frame = crm.open_table("survey", "world:survey", n=240, seed=4)
    source = tables.provenance(frame)
    return tables.stamp(frame.assign(shop=np.resize(EVIL, len(frame))), source)


def relations() -> pd.DataFrame:
    frame = crm.open_table("dyads", "world:dyads", n=240, seed=4)
    source = tables.provenance(frame)
    return tables.stamp(frame.assign(shop=np.resize(EVIL, len(frame))), source)


def accounts() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"customer_id": [f"c{k}" for k in range(240)], "profit": rng.gamma(0.5, 80, 240) - 5,
                          "duration": -rng.integers(0, 200, 240).astype(float)})
    return tables.stamp(frame, {"title": "made accounts"})


def migration(frame):
    later = tables.stamp(frame.assign(profit=frame["profit"] + 3 * frame["duration"]), tables.provenance(frame))
    return crm.portfolio.migration(*(crm.portfolio.matrix(part, "customer_pyramid") for part in (frame, later)))


def ladder(dyads):
    return crm.relationships.ladder(crm.score(dyads), draws=100)


def recut(dyads):
    lower = crm.relationships.ladder(crm.score(dyads), cuts=crm.relationships.Cuts(attitude=4), draws=100)
    return crm.relationships.recut(ladder(dyads), lower, guess=10)


def agreement(dyads):
    today = crm.relationships.latest(crm.score(dyads))
    return crm.relationships.agreement(today, ladder(dyads), crm.relationships.dimensions(dyads, draws=20), draws=100)


def claims() -> object:
    return crm.theory(crm.raises("satisfaction", "loyalty"), crm.bends("satisfaction", "loyalty"),
                      crm.differs("loyalty", by="shop"), crm.raises("trust", "loyalty"))


def literature(survey):
    return crm.loyalty.literature(crm.loyalty.correlation(crm.score(survey)),
                                  crm.loyalty.disattenuated(survey))


ANALYSES = {
    "card": lambda s: crm.card(s, "satisfaction", "loyalty"),
    "reliability": lambda s: crm.reliability(s, "satisfaction", "loyalty"),
    "correlation": lambda s: crm.loyalty.correlation(crm.score(s)),
    "disattenuated": lambda s: crm.loyalty.disattenuated(s),
    "shape": lambda s: crm.loyalty.shape(crm.score(s), draws=200),
    "groups": lambda s: crm.loyalty.groups(crm.score(s), by="shop"),
    "moderation": lambda s: crm.loyalty.moderation(crm.score(s)),
    "behaviour": lambda s: crm.loyalty.behaviour(crm.score(s)),
    "zones": lambda s: crm.loyalty.zones(crm.score(s)),
    "restriction": lambda s: crm.loyalty.restriction(crm.score(s)),
    "common_method": crm.loyalty.common_method,
    "sensitivity": crm.loyalty.sensitivity,
    "literature": literature,
    "verdicts": lambda s: claims().test(crm.score(s), draws=200),
    "power": lambda s: claims().power(n=240),
    "reveal": lambda s: crm.lesson("loyalty").reveal("loyalty.pearson", crm.loyalty.correlation(crm.score(s))),
    "left out": lambda s: crm.loyalty.behaviour(crm.score(s).drop(columns="behaviour")),
}


RELATIONS = {
    "ladder": ladder,
    "ladder of orders": lambda d: crm.relationships.ladder(crm.score(d)[["customer_id", "orders", "days_since_last"]]),
    "counts": lambda d: crm.card(crm.open_table("dyads", "cdnow")),
    "daybook": lambda d: crm.card(crm.open_table("transactions", "world:shop", n=200)),
    "trace": lambda d: crm.relationships.trace(ladder(d)),
    "recut": recut,
    "structure": lambda d: crm.relationships.structure(crm.relationships.dimensions(d, draws=20)),
    "order": lambda d: crm.relationships.order(ladder(d)),
    "cases": lambda d: crm.relationships.cases(crm.score(d)),
    "compared": lambda d: crm.relationships.cases(crm.score(d)).compare(["client"] * 10),
    "dimensions": lambda d: crm.relationships.dimensions(d, draws=20),
    "primary": lambda d: crm.relationships.primary(crm.score(d)),
    "quality": lambda d: crm.relationships.quality(d),
    "reciprocity": lambda d: crm.relationships.reciprocity(crm.score(d)),
    "movement": lambda d: crm.relationships.movement(crm.score(d)),
    "agreement": agreement,
    "classified": lambda d: crm.systems.classify(crm.score(d), "johnson_selnes"),
}
MATRICES = {
    "matrix": lambda f: crm.portfolio.matrix(f, "reinartz_kumar"),
    "pyramid": lambda f: crm.portfolio.matrix(f, "customer_pyramid"),
    "migration": migration,
    "treatments": lambda f: crm.portfolio.treatments("reinartz_kumar"),
    "wallet_allocation": lambda f: crm.portfolio.wallet_allocation(f[["profit", "duration"]]),
}


def bought() -> pd.DataFrame:
    return crm.customer_summary(crm.open_table("transactions", "cdnow_sample")).head(300)


SUMMARIES = {
    "concentration": lambda s: crm.portfolio.concentration(s),
    "whale curve": lambda s: crm.portfolio.concentration(s.assign(value=s["value"] - 30)),
    "true_concentration": crm.portfolio.true_concentration,
    "clusters": lambda s: crm.portfolio.clusters(s, k=(2, 3), draws=19),
    "profiles": lambda s: crm.portfolio.clusters(s, k=4, draws=19).profiles,
    "rfm": crm.portfolio.rfm,
    "segments": lambda s: crm.portfolio.segments(crm.portfolio.rfm(s)),
}


def shop() -> pd.DataFrame:
    return crm.open_table("transactions", "world:shop", n=150, seed=4)


def outcome(log):
    halves = crm.portfolio.halves(log)
    return crm.portfolio.outcome(crm.portfolio.segments(crm.portfolio.rfm(halves.summary)), halves.later)


LOGS = {
    "holdout": lambda log: crm.portfolio.holdout(log, draws=50),
    "holdout with a long past": lambda log: crm.portfolio.holdout(log, split="2025-01-31", draws=50),
    "outcome": outcome,
    "mailing": crm.portfolio.mailing,
    "posted": lambda log: crm.portfolio.mailing(log, draws=50).reveal("bought last"),
    "posted by own weights": lambda log: crm.portfolio.mailing(log, draws=50).reveal({"recency": 1}),
    "purchases by month": crm.card,
}


def assessed() -> pd.DataFrame:
    frame = crm.open_table("assessments", "world:firms", n=20, seed=4, truth={"raters": 2, "unanswered": 0.1})
    names = dict(zip(frame["firm"].unique(), EVIL, strict=False))
    return tables.stamp(frame.assign(firm=frame["firm"].replace(names)), tables.provenance(frame))


ASSESSED = {
    "assessment": lambda a: crm.qci.assessment(a, firm=EVIL[0], draws=200),
    "assessment alone": lambda a: crm.qci.assessment(a[a["firm"] == EVIL[2]], draws=200),
    "stages": lambda a: crm.qci.stages(a, firm=EVIL[2], draws=200),
    "raters": lambda a: crm.qci.raters(a, draws=200),
    "performance": lambda a: crm.qci.performance(a),
    "structure": lambda a: crm.qci.structure(a, draws=50),
    "priorities": lambda a: crm.qci.priorities(a, firm=EVIL[0]),
    "one rater": lambda a: crm.qci.raters(a[a["rater"] == "rater 1"]),
}
def two_years() -> pd.DataFrame:
    frame = crm.open_table("assessments", "world:firms", n=2, seed=4, truth={"waves": 2, "unanswered": 0.1})
    return tables.stamp(frame.assign(firm=frame["firm"].replace({"F1": EVIL[0]})), tables.provenance(frame))


def classroom() -> pd.DataFrame:
    frame = crm.open_table("assessments", "world:classroom", n=24, seed=4, truth={"unanswered": 0.1})
    names = dict(zip(frame["rater"].unique(), EVIL, strict=False))
    return tables.stamp(frame.assign(firm=EVIL[2], rater=frame["rater"].replace(names)), tables.provenance(frame))


CLASSROOM = {
    "class_halo": crm.qci.class_halo,
    "class of four": lambda c: crm.qci.class_halo(c[c["rater"].isin(c["rater"].unique()[:4])]),
    "class as raters": lambda c: crm.qci.raters(c, draws=100),
    "case": lambda _: crm.qci.case("fell"),
    "halo": lambda _: crm.qci.halo(),
}
FRAMEWORKS = {
    "model": lambda _: crm.frameworks.draw("qci"),
    "model scored": lambda _: crm.frameworks.draw("qci", {"analysis": 38.0, "winback": 12, "people": None}),
    "model opened": lambda _: crm.frameworks.draw("qci", {"WE1": 60}, open="welcoming"),
    "framework": lambda _: crm.frameworks.draw("value_chain"),
    "framework scored": lambda _: crm.frameworks.draw("five_processes", {"strategy": 100, "channels": 0}),
    "crosswalk": lambda _: crm.frameworks.crosswalk(),
    "two frameworks": lambda _: crm.frameworks.compare("idic", "qci"),
    "recoded": lambda _: crm.frameworks.recoded([2, 1, 0] * 4, framework="idic", part="identify", draws=100),
}
NOTHING, CHANGE = pd.DataFrame, {"change": lambda t: crm.qci.change(t, firm=EVIL[0], draws=200)}
GROUPS = ((RELATIONS, relations), (MATRICES, accounts), (SUMMARIES, bought), (LOGS, shop), (ASSESSED, assessed),
          (FRAMEWORKS, NOTHING), (CLASSROOM, classroom), (CHANGE, two_years))
TABLES = {name: world for name in ANALYSES} | {name: table for group, table in GROUPS for name in group}
for _group, _ in GROUPS:
    ANALYSES |= _group


class Tags(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def test_every_public_analysis_is_held_to_the_contract():
    rooms = {name for room in (crm.loyalty, crm.relationships, crm.portfolio, crm.qci) for name in room.__all__ if name.islower()}
    frames = {"accounts", "asked", "climb", "firm_scores", "halves", "latest", "periods", "ranks"}
    assert rooms - frames <= set(ANALYSES)


@pytest.mark.parametrize("name", ANALYSES)
def test_contract(name, tmp_path):
    result = holds(ANALYSES[name], TABLES[name]())
    result.save(tmp_path)
    of_each = {"customers.csv"} if isinstance(getattr(result, "customers", None), pd.DataFrame) else set()
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv", "result.json", "text.txt", "figure.png",
                                                          "figure.svg"} | of_each
    for name in of_each:
        saved = pd.read_csv(tmp_path / name, dtype=str)
        assert len(saved) == len(result.customers) and list(saved)[0] in ("customer_id", "Unnamed: 0")
    assert json.loads((tmp_path / "result.json").read_text())["text"] == result.text()



def test_values_of_the_data_appear_as_text():
    page = Tags(crm.loyalty.groups(crm.score(world()), by="shop")._repr_html_())
    assert "script" not in page.tags
    assert all(value in page.text for value in EVIL)


def test_spreadsheets_do_not_run_what_they_are_given():
    out = spreadsheet_safe(pd.DataFrame({"group": [*EVIL, "-1", "plain"], "n": [1, 2, 3, 4, 5, -6]}))
    assert out["group"].tolist() == [EVIL[0], "'=cmd()", *EVIL[2:], "'-1", "plain"]
    assert out["n"].tolist() == [1, 2, 3, 4, 5, -6]


def test_json_has_ten_digits_and_no_nan():
    assert plain({"a": 1 / 3, "b": float("nan"), "c": np.int64(3), "d": (np.float64(2.0), None), "e": pd.NA}) == {
        "a": 0.3333333333, "b": None, "c": 3, "d": [2.0, None], "e": None}


def test_publish_is_silent_in_an_open_notebook(monkeypatch, tmp_path):
    result = LeftOut(title="t", table=pd.DataFrame(), reason="no reason")
    monkeypatch.delenv("CRMLAB_OUT", raising=False)
    assert publish(a=result) is None and places.output() is None
    monkeypatch.setenv("CRMLAB_OUT", str(tmp_path))
    publish(a=result)
    assert (tmp_path / "results" / "a" / "result.json").is_file()
    with pytest.raises(crm.CrmlabError) as error:
        publish(a=3)
    assert str(error.value) == ("publish: 'a' is not a result. It is of type int. "
                                "Give what an analysis returned, as in crm.publish(correlation=r).")


def test_svg_is_shown_only_in_a_run(monkeypatch, tmp_path):
    picture = LeftOut(title="t", table=pd.DataFrame(), reason="no reason").figure()
    monkeypatch.delenv("CRMLAB_OUT", raising=False)
    assert set(picture._repr_mimebundle_()[0]) == {"text/plain", "image/png"}
    monkeypatch.setenv("CRMLAB_OUT", str(tmp_path))
    assert set(picture._repr_mimebundle_()[0]) == {"text/plain", "image/png", "image/svg+xml"}


def test_frozen():
    result = LeftOut(title="t", table=pd.DataFrame(), reason="no reason")
    with pytest.raises(AttributeError):
        result.title = "other"
