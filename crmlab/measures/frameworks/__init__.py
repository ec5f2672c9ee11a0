"""Frameworks of customer management as data: what their parts mean, how they look, what each leaves out.

They stand in readable files in this folder, in our own words, each with its source and version; to add one,
add a file and, for the crosswalk, its rows in ``crosswalk.csv``.

| question | function |
|---|---|
| Which frameworks are there, and how sure is our telling of them? | :func:`catalogue` |
| What does a part mean, and which practices belong to it? | :func:`framework` |
| What does it look like, empty or with scores? | :func:`draw` |
| What does each cover of the QCi model, and what does it leave out? | :func:`crosswalk` |
| Which parts of two frameworks answer each other? | :func:`compare` |
| How far does my own coding agree with yours? | :func:`recoded` |
"""

from crmlab.measures.frameworks.alongside import Comparison, compare
from crmlab.measures.frameworks.book import Framework, catalogue, framework
from crmlab.measures.frameworks.coding import Crosswalk, crosswalk
from crmlab.measures.frameworks.drawing import Drawing, draw
from crmlab.measures.frameworks.recoding import Recoding, recoded

__all__ = ["Comparison", "Crosswalk", "Drawing", "Framework", "Recoding", "catalogue", "compare", "crosswalk",
           "draw", "framework", "recoded"]
