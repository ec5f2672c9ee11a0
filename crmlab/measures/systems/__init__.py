"""Classification systems of relationships: what each looks at, where it cuts, and how far they agree.

The systems stand as data in ``systems.toml``, in words a reader can check; no rule hides in code.

| question | function |
|---|---|
| Which systems are there, and how sure is our telling of them? | :func:`catalogue` |
| Which can be applied to these columns? | :func:`applicable` |
| Which class has each row, by which rule, and how much does a cut decide? | :func:`classify` |
| Do two systems sort the same customers alike? | :func:`agreement` |
"""

from crmlab.measures.systems.alike import Agreement, agreement
from crmlab.measures.systems.applying import Classified, applicable, classify
from crmlab.measures.systems.book import catalogue, entry

__all__ = ["Agreement", "Classified", "agreement", "applicable", "catalogue", "classify", "entry"]
