"""The form after the QCi model, as the scores need it: its practices, elements, stages and steps, in order."""

from crmlab.measures.frameworks import framework

QCI = framework("qci")
PRACTICES = QCI.statements
KEYS = tuple(practice.practice for practice in PRACTICES)
SHORT = frozenset(practice.practice for practice in PRACTICES if practice.short)
ELEMENTS = {key: QCI.part(key).name for key in dict.fromkeys(practice.element for practice in PRACTICES)}
STAGES = {part.key: part.name for part in QCI.inside("activity") if part.kind == "stage"}

#: The five steps from 0 to 4, each with its sign: a crmlab rule.
INTENTION = (("none", "nobody has thought of it"), ("talked about", "it was raised, nothing is decided"),
             ("planned", "decided, with a name and a date"),
             ("planned and communicated", "those who are to do it have been told"),
             ("bought into by all concerned", "they want it themselves"))
REALITY = (("none", "it does not happen"), ("isolated", "one person or department does it, of their own accord"),
           ("partly in place", "it happens regularly, but not everywhere it should"),
           ("in place", "it happens everywhere it should"),
           ("in place, evidenced, reviewed", "it can be shown, and is looked at again and improved"))

VERSION = 1  # of the form on paper; a new one for new columns
LONG = ("practice", "statement", "intention", "reality", "applicable", "evidence", "importance", "effort")
COLUMNS = {False: LONG, True: LONG[:5]}  # by whether it is the short form, which is for a class


def mark(short: bool) -> str:
    """The words on a sheet that say which form it is.

    >>> mark(short=True)
    'crmlab form 1, short'
    """
    return f"crmlab form {VERSION}, {'short' if short else 'long'}"


def asked(short: bool) -> tuple:
    """The practices of the form, in order.

    >>> len(asked(short=False)), len(asked(short=True))
    (60, 16)
    """
    return tuple(practice for practice in PRACTICES if practice.short or not short)
