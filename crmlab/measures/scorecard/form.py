"""The form after the QCi model, as the scores need it: its practices, elements and stages, in order."""

from crmlab.measures.frameworks import framework

QCI = framework("qci")
PRACTICES = QCI.statements
KEYS = tuple(practice.practice for practice in PRACTICES)
SHORT = frozenset(practice.practice for practice in PRACTICES if practice.short)
ELEMENTS = {key: QCI.part(key).name for key in dict.fromkeys(practice.element for practice in PRACTICES)}
STAGES = {part.key: part.name for part in QCI.inside("activity") if part.kind == "stage"}
