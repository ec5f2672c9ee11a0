"""Value labels are part of an answer: they give a scale its ends and its direction, and name what is no answer."""

import re

import pandas as pd

from crmlab.frame.cells import number, word
from crmlab.frame.errors import CrmlabError, counted, listed
from crmlab.frame.replies import DEGREE, NEITHER, bare, nothing

AGAINST = re.compile(
    r"\bun?satisf|\bdis(satisf|agree|like)|\bun(satisf|likely|happy|important|fair)|\bnot\b|hardly|\b(bad|poor|terrible|awful|"
    r"never|rarely|seldom|worst|worse|low|weak|false|little|less|no)\b|unzufrieden|\bnicht\b|\blehne|\bschlecht|\bungerecht|"
    r"\b(nie|niemals|selten|nein|ungenügend|mangelhaft|ausreichend|kaum|wenig|weniger|niedrig|gering|falsch|kein|gar kein)\b|"
    r"unwahrscheinlich|unwichtig|insatisf|insodd|ontevreden|mécontent|\b(pas|peu|mauvaise?|jamais|rarement|faible|non)\b|"
    r"improbable|desacuerdo|\b(malo|mala|nunca|casi nunca|raramente|poco|nada|bajo|no)\b"
)
FOR = re.compile(
    r"\bsatisfied|\bagree|\b(excellent|good|great|always|often|likely|happy|yes|delighted|fully|completely|best|better|high|"
    r"strong|true|definitely|certainly|important|very much)\b|zufrieden|stimme|wahrscheinlich|wichtig|"
    r"\b(trifft|gut|besser|immer|oft|häufig|ja|hoch|stark|richtig|bestimmt|sicher)\b|satisfait|soddisf|tevreden|satisfeit|"
    r"satisfech|d'accord|\bacuerdo|\b(bonne?|mieux|toujours|souvent|oui|élevée?|probable|bueno|buena|mejor|siempre|alto|sí)\b"
)
STRONG = re.compile(r"\b(very|strongly|completely|totally|extremely|fully|definitely|sehr|voll|völlig|très|tout à fait|muy|totalmente)\b")
FEW = 3  # labelled codes in a row, below which no gap is seen


def unanswered(labels: dict) -> list:
    """The codes whose labels say that there is no answer.

    >>> unanswered({1: "trifft zu", 2: "trifft eher zu", 3: "trifft nicht zu", 9: "k. A."})
    [9]
    """
    codes = [code for code, label in labels.items() if nothing(label)]
    sizes = sorted(code for code in labels if isinstance(code, int | float))
    degrees = sum(bool(DEGREE.search(bare(label))) for label in labels.values()) > 1
    return [
        code
        for code in codes
        if not (DEGREE.search(bare(labels[code])) and (degrees or code in sizes[:1]))
        and not (NEITHER.fullmatch(bare(labels[code])) and code in sizes[1:-1] and len(sizes) % 2)
    ]


def without(frame: pd.DataFrame, levels: dict, said: dict, prov: dict) -> tuple[pd.DataFrame, dict]:
    """The frame without codes that are labelled as no answer, and the labels that are left.

    ``said`` are the scales that the reader gave for some columns: a code on them stays an answer.
    """
    gone, kept, left = {}, {}, {}
    for name, labels in levels.items():
        codes = unanswered(labels) if name in frame else []
        on = [
            code
            for code in codes
            if name in said and isinstance(code, int | float) and said[name][0] <= code <= said[name][1]
        ]
        off = [code for code in codes if code not in on]
        left[name] = {code: label for code, label in labels.items() if code not in codes}
        for found, these in ((gone, off), (kept, on)):
            for code in these:
                count = int((frame[name] == code).sum())
                if count:
                    found.setdefault(f"{word(code)} ('{labels[code]}')", {})[name] = count
        if off:
            frame = frame.assign(**{name: frame[name].astype(object).where(~frame[name].isin(off)).infer_objects()})
    prov["notes"] += [
        f"Labelled as no answer and taken as missing: {_told(code, where)}; if it is an answer, give the scale "
        "that holds it in scale."
        for code, where in gone.items()
    ]
    prov["notes"] += [
        f"Labelled as no answer and kept, since scale holds it: {_told(code, where)}." for code, where in kept.items()
    ]
    return frame, left


def _told(code: str, where: dict) -> str:
    said = [f"{counted(count, 'time')} in '{name}'" for name, count in where.items()]
    return f"{code}, {listed(said, 6, quote=False)}"


def scales(constructs: dict, levels: dict, given: dict, table: str, answers: pd.DataFrame) -> tuple[dict, list[CrmlabError]]:
    """The ends of each construct's scale with their labels, where its items have some, and what is amiss with them."""
    found, problems = {}, []
    for name, spec in constructs.items():
        labelled = {item: _codes(levels[item]) for item in spec["items"] if len(_codes(levels.get(item, {}))) > 1}
        if not labelled:
            problems += _alone(name, spec, levels, answers, table) if name not in given and spec["low"] is None else []
            continue
        for item, labels in labelled.items():
            problems += _apart(item, labels, name, table) if name not in given else []
        ends = {item: (min(labels), max(labels)) for item, labels in labelled.items()}
        if name not in given and len(set(ends.values())) > 1:
            problems.append(_different(name, ends, table))
        item = next(iter(labelled))
        low, high = ends[item]
        found[name] = (_whole(low), _whole(high), labelled[item][low], labelled[item][high])
    return found, problems


def _alone(name: str, spec: dict, levels: dict, answers: pd.DataFrame, table: str) -> list[CrmlabError]:
    """A problem where the only label of a scale stands beyond all answers: then these do not show its end."""
    seen = answers[spec["items"]]
    low, high = seen.min().min(), seen.max().max()
    beyond = {code: label for item in spec["items"] for code, label in _codes(levels.get(item, {})).items()
              if not min(low, 1) <= code <= high}
    if not beyond or low != low:
        return []
    code, label = next(iter(beyond.items()))
    ends = f"{word(min(low, code, 1))}-{word(max(high, code))}"
    return [CrmlabError(f"{table}: the scale of '{name}' is not plain from its answers.",
                        f"They run from {word(low)} to {word(high)}, and {word(code)} is labelled '{label}'.",
                        f"Say the lowest and highest answer possible, as in scale='{name}={ends}'.")]


def noted(found: dict) -> list[str]:
    """A sentence for each scale that was taken from labels."""
    alike = {}
    for name, ends in found.items():
        alike.setdefault(ends, []).append(name)
    return [
        f"The scale of {listed(names, quote=False)} was taken from the value labels, {low} ('{first}') to {high} "
        f"('{last}')."
        for (low, high, first, last), names in alike.items()
    ]


def _codes(labels: dict) -> dict:
    return {code: label for code, label in labels.items() if isinstance(code, int | float) and number(code) == code}


def _whole(code: float) -> int | float:
    return int(code) if float(code).is_integer() else code


def _leaning(label: str) -> int:
    said = bare(label)
    return -1 if AGAINST.search(said) else 1 if FOR.search(said) else 0


def downward(constructs: dict, levels: dict, called: dict, table: str) -> list[CrmlabError]:
    """A problem for each item whose lowest code is the best answer, unless it is marked as turned.

    The question may be worded the other way round as well, so the reader decides. ``called`` are the names of the file.
    """
    problems = []
    for item in (item for spec in constructs.values() for item in spec["items"] if item not in spec["reversed"]):
        labels = _codes(levels.get(item, {}))
        if not labels:
            continue
        ends = list(dict.fromkeys([min(labels), max(labels)]))
        first, last = (_leaning(labels[code]) for code in (ends[0], ends[-1]))
        alone = len(ends) == 1 and bool(STRONG.search(bare(labels[ends[0]]))) and (
            first > 0 and ends[0] in (0, 1) or first < 0 and ends[0] >= 4)
        if first > 0 > last or alone:
            said = [f"{word(code)} {'is labelled ' * (not at)}'{labels[code]}'" for at, code in enumerate(ends)]
            problems.append(CrmlabError(
                f"{table}: the answers to '{item}' run downwards, and a score would read them upside down.",
                f"{', and '.join(said)}.",
                f"Say columns={ {called.get(item, item): f'{item}_r'} }, so that it is turned; or recode it in the file."))
    return problems


def _apart(item: str, labels: dict, name: str, table: str) -> list[CrmlabError]:
    """Codes beyond a gap in a row of labelled codes: hardly steps of the scale."""
    codes = sorted(labels)
    runs = [[codes[0]]]
    for code in codes[1:]:
        runs = [*runs[:-1], [*runs[-1], code]] if code - runs[-1][-1] == 1 else [*runs, [code]]
    row = max(runs, key=len)
    others = [code for code in codes if code not in row]
    if len(row) < FEW or not others or 2 * len(others) > len(row):
        return []
    named = [f"{word(code)} ('{labels[code]}')" for code in others]
    return [
        CrmlabError(
            f"{table}: not all labels of '{item}' are steps of one scale.",
            f"They run from {word(row[0])} to {word(row[-1])}, and {listed(named, quote=False)} stand"
            f"{'s' if len(others) == 1 else ''} apart.",
            f"Say missing={[_whole(code) for code in others]} if that means no answer, or give the scale, as in "
            f"scale='{name}={word(codes[0])}-{word(codes[-1])}'.",
        )
    ]


def _different(name: str, ends: dict, table: str) -> CrmlabError:
    said = [f"{item} {word(low)} to {word(high)}" for item, (low, high) in ends.items()]
    return CrmlabError(
        f"{table}: the items of '{name}' have different scales.",
        f"By their labels: {listed(said, quote=False)}.",
        "Bring them to one scale in the file, or map those of another scale to '-' in columns.",
    )
