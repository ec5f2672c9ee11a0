"""crmlab: learn, test and report customer relationship management with real data.

    import crmlab as crm

    survey = crm.open_table("survey", "mobi")          # a real survey, a simulated one, or your own file
    scores = crm.score(survey)                         # items become constructs
    r = crm.loyalty.correlation(scores)                # one Result: table, sentence, picture
    chain = crm.theory(crm.raises("satisfaction", "loyalty", because="Curtis et al. 2011"))
    chain.test(scores)                                 # a verdict per claim

Everything that enters is one of a few tables, everything that leaves is one Result. Rooms are loaded when
they are first named.
"""

import sys
from importlib import import_module

__version__ = "0.1.0"

_NAMES = {
    "open_table": "sources.opening",
    "score": "measures.scales",
    "reliability": "measures.scales",
    "card": "measures.card",
    "customer_summary": "measures.purchases",
    "theory": "claims",
    "raises": "claims",
    "lowers": "claims",
    "bends": "claims",
    "differs": "claims",
    "lesson": "desk.teaching",
    "publish": "frame.result",
    "CrmlabError": "frame.errors",
}
_ROOMS = {"relationships": "relationships", "loyalty": "loyalty", "portfolio": "portfolio", "qci": "qci",
          "worlds": "sources.worlds", "scales": "measures.scales", "rules": "measures.rules", "systems": "measures.systems",
          "frameworks": "measures.frameworks"}

__all__ = ["__version__", *_NAMES, *_ROOMS]


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(import_module(f"crmlab.{_NAMES[name]}"), name)
    if name in _ROOMS:
        return import_module(f"crmlab.{_ROOMS[name]}")
    raise AttributeError(f"crmlab has no '{name}'. It has: {', '.join(sorted(__all__[1:]))}.")


def __dir__():
    return sorted(__all__)


if "IPython" in sys.modules:  # in an open notebook a slip of the pen is answered with a sentence
    import_module("crmlab.desk.slips").install()
