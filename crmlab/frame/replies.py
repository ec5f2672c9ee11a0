"""Replies in words where numbers belong: what they most likely are, and how numbers are made of them."""

import re

import pandas as pd

from crmlab.frame import dates
from crmlab.frame.cells import cleaned, numbers, rows
from crmlab.frame.errors import listed

SAYS_NOTHING = r"""
    (really )?(do not|don'?t) (really )?(know|remember)|dk|d\.k\.|unsure|not sure|(hard|difficult) to say
    (can'?t|cannot|can not|unable to) (say|tell|judge|choose|rate|answer)
    no (answer|opinion|response|reply|experience|comment)|missing|system missing|skipped|inapplicable|unknown
    does not apply|not (asked|answered|applicable|stated|available|ascertained)|n[./ ]?a\.?n?|#?n/?v
    (would )?(rather not|prefer(s|red)? not( to)?|decline[ds]?( to)?) (say|answer|disclose|respond)|declined|refused
    refusal|refuse[sd]? to (answer|say)|ref|not relevant|irrelevant|no contact|never used (it)?|has not answered
    did not (answer|say|know)|wei(ß|ss) (es )?nicht( genau)?|wei(ß|ss) ich nicht
    keine? (angaben?|antwort|meinung|erfahrung)|k\.? ?a\.?|(antwort )?verweigert
    nicht (zutreffend|beantwortet|gefragt|anwendbar)|kann ich nicht (sagen|beurteilen)|kann nicht beurteilt werden
    (möchte|will) ich nicht (sagen|beantworten)|kann ich nicht einschätzen|nicht (relevant|bekannt)|ohne angabe
    fehlend|fehlt|entf(ällt|\.)?|trifft nicht zu|unbekannt|ne (sait|sais|savent) pas|nsp|refus|a refusé
    (sans|pas de|non) réponse|sans opinion|non concernée?|ne se prononce pas|(ne )?(répond|repond) pas
    n'a pas répondu|refuse de répondre|sans avis|pas concernée?|(préfère|souhaite) ne pas (répondre|dire)
    ne (souhaite|veut|veux) pas répondre|manquant|inconnu|sans objet|no (lo )?(sabe|sé)|ns|nc|ns ?[/-]? ?nc
    no (contesta|responde|contestó|procede|aplica)|sin (respuesta|opinión)|desconocido
    (prefiero|prefiere) no (contestar|decir|responder)
    (se )?(rechaza|rehúsa|niega)( contestar| a contestar| responder)?|no quiso (contestar|responder)|no recuerda
    rehusó|no corresponde|non (so|sa|risponde|applicabile)|rifiuta|weet (ik |het )?niet|geen (antwoord|mening)
    weigert|não (sabe|respondeu|responde|se aplica)|recusa"""
#: What no answer is called, in the languages in which questionnaires are mostly written.
NOTHING = re.compile(
    f"(i |i'd |i would |ich |je |yo )?({'|'.join(line.strip() for line in SAYS_NOTHING.strip().splitlines())})"
)
EMPTY = re.compile(
    r"[-–.?*/#]+|none|null|nil|#[A-Z0-9/]+[!?]?", re.IGNORECASE
)  # in a cell, where a label would mean them
NEITHER = re.compile(
    r"no opinion|keine meinung|sans opinion|sin opinión|geen mening|unsure|not sure"
)  # also called so in the middle
DEGREE = re.compile(r"^trifft |\b(does not apply|applies)\b")  # what does not apply is the lowest step of some scales
PARTS = re.compile(r"\s*[/,;|]\s*|\s+(?:or|oder|ou|o|and|und|et|y)\s+")
NUMBERED = re.compile(r"(-?\d+)\s*(?:[-–—.:=)(]+\s*|\s)(?=\D*[^\W\d]{2})\D+|\D*[^\W\d]{2}\D*[\s(=:-](-?\d+)\)?")
CODED = re.compile(r"(?P<letters>[A-Z]{1,3})0*\d{1,3}")
#: Answers in words, from the lowest to the highest.
STEPS = """
    strongly disagree|disagree|neutral|agree|strongly agree
    strongly disagree|disagree|neither agree nor disagree|agree|strongly agree
    strongly disagree|disagree|undecided|agree|strongly agree
    strongly disagree|somewhat disagree|neither agree nor disagree|somewhat agree|strongly agree
    strongly disagree|disagree|agree|strongly agree
    strongly disagree|disagree|somewhat disagree|neither agree nor disagree|somewhat agree|agree|strongly agree
    strongly disagree|disagree|slightly disagree|neutral|slightly agree|agree|strongly agree
    completely disagree|disagree|neutral|agree|completely agree
    very dissatisfied|dissatisfied|neutral|satisfied|very satisfied
    very dissatisfied|dissatisfied|neither satisfied nor dissatisfied|satisfied|very satisfied
    very dissatisfied|somewhat dissatisfied|neither satisfied nor dissatisfied|somewhat satisfied|very satisfied
   extremely dissatisfied|somewhat dissatisfied|neither satisfied nor dissatisfied|somewhat satisfied|extremely satisfied
    very unlikely|unlikely|neutral|likely|very likely
    very unlikely|unlikely|neither likely nor unlikely|likely|very likely
    extremely unlikely|somewhat unlikely|neither likely nor unlikely|somewhat likely|extremely likely
    never|rarely|sometimes|often|always
    very poor|poor|fair|good|very good
    very poor|poor|average|good|excellent
    poor|fair|good|very good|excellent
    not at all|slightly|moderately|very|extremely
    no|rather no|rather yes|yes
    stimme gar nicht zu|stimme eher nicht zu|teils teils|stimme eher zu|stimme voll zu
    stimme überhaupt nicht zu|stimme nicht zu|weder noch|stimme zu|stimme voll und ganz zu
    stimme überhaupt nicht zu|stimme eher nicht zu|teils/teils|stimme eher zu|stimme voll und ganz zu
    lehne stark ab|lehne ab|neutral|stimme zu|stimme stark zu
    trifft nicht zu|trifft eher nicht zu|teils teils|trifft eher zu|trifft zu
    trifft gar nicht zu|trifft eher nicht zu|teils/teils|trifft eher zu|trifft voll zu
    trifft überhaupt nicht zu|trifft eher nicht zu|teils/teils|trifft eher zu|trifft voll und ganz zu
    sehr unzufrieden|unzufrieden|neutral|zufrieden|sehr zufrieden
    sehr unzufrieden|eher unzufrieden|teils teils|eher zufrieden|sehr zufrieden
    sehr schlecht|schlecht|mittel|gut|sehr gut
    nie|selten|manchmal|oft|immer
    pas du tout d'accord|pas d'accord|neutre|d'accord|tout à fait d'accord
    pas du tout d'accord|plutôt pas d'accord|ni d'accord ni pas d'accord|plutôt d'accord|tout à fait d'accord
    pas du tout satisfait|peu satisfait|neutre|satisfait|très satisfait
    très insatisfait|insatisfait|neutre|satisfait|très satisfait
    jamais|rarement|parfois|souvent|toujours
    muy en desacuerdo|en desacuerdo|neutral|de acuerdo|muy de acuerdo
    totalmente en desacuerdo|en desacuerdo|ni de acuerdo ni en desacuerdo|de acuerdo|totalmente de acuerdo
    muy insatisfecho|insatisfecho|neutral|satisfecho|muy satisfecho
    nunca|casi nunca|a veces|casi siempre|siempre"""
LADDERS = [line.strip().split("|") for line in STEPS.strip().splitlines()]


def bare(label) -> str:
    """A label without the number that stands before it and what stands in parentheses.

    >>> bare("7 - Very satisfied"), bare("Don’t know (spontaneous)"), bare("5")
    ('very satisfied', "don't know", '')
    """
    said = re.sub(r"\([^)]*\)", " ", str(label).casefold().replace("’", "'").replace("´", "'").replace("`", "'"))
    said = re.sub(r"^\s*[-+]?\d+\s*[-–—.:=)]*\s*", "", said)
    return " ".join(said.split()).strip(' .!:;,*[]<>"–-')


def nothing(label) -> bool:
    """Whether a label says that there is no answer.

    >>> [nothing(said) for said in ("99 = DK/refused", "Weiß nicht", "No sabe / no contesta", "rather no")]
    [True, True, True, False]
    """
    said = bare(label)
    return bool(said) and (
        bool(NOTHING.fullmatch(said)) or all(map(NOTHING.fullmatch, filter(None, PARTS.split(said))))
    )


def scalable(column: pd.Series) -> bool:
    """Whether the cells can be answers on a short scale: whole numbers up to ten, or the words of one.

    >>> scalable(pd.Series([4, 1, 7])), scalable(pd.Series(["Agree", "Disagree"])), scalable(pd.Series([34, 51]))
    (True, True, False)
    """
    filled = cleaned(column).dropna()
    sizes = numbers(filled)
    if sizes.notna().mean() >= 0.5:
        sizes = sizes.dropna()
        return bool((sizes % 1 == 0).all() and sizes.between(0, 10).mean() >= 0.9)
    words = [str(said) for said in filled[sizes.isna()].unique() if not nothing(said)]
    return bool(words) and bool(_ladder(words) or _coded(words) or _numbered(words))


def remedy(cells: pd.Series, text: pd.Series, item: bool) -> str:
    """What to do where ``text`` marks the cells of a column of numbers that are none, for the likeliest cause."""
    words = [str(said) for said in cells[text].unique()]
    lost = [said for said in words if nothing(said) or EMPTY.fullmatch(said)]
    spoken = [said for said in words if said in lost or not re.search(r"\d", said)]
    steps = _ladder([said for said in spoken if said not in lost] or spoken)
    lost = [said for said in lost if bare(said) not in steps]
    told = (
        _days(cells, text, words, item)
        or _coded(words)
        or _numbered([said for said in words if said not in lost])
        or (_stepped([said for said in spoken if said not in lost], steps))
    )
    if told:
        return f"{told}{f', and say missing={lost[:5]}' if lost else ''}."
    slips = text & ~cells.astype(object).isin(spoken)
    look = f"look at {rows(cells, slips)}" if slips.any() else ""
    if lost and len(lost) == len(spoken):
        return _in_words([], lost, look)
    if text.sum() > cells.notna().sum() / 2:
        return "Code its words as numbers in the file, or map it to '-' in columns to leave it out."
    if not spoken:
        return look[0].upper() + look[1:] + " and write plain numbers."
    return _in_words([said for said in spoken if said not in lost], lost, look)


def _days(cells: pd.Series, text: pd.Series, words: list[str], item: bool) -> str:
    """Days: in a column of days, in a column of something else, or made by a spreadsheet of what was written."""
    if not all(dates.DATE.fullmatch(dates.numbered(said.removesuffix(" 00:00:00"))) for said in words):
        return ""
    if "days" in str(cells.name):
        return "Give the days from that date to today, or map the column to '-' in columns to leave it out"
    if text.sum() < cells.notna().sum():
        return (
            f"A spreadsheet makes dates of {'answers such as 3-5' if item else 'numbers such as 3.12'}: format the "
            "column as a number, "
            "and write them again"
        )
    return f"The column holds days: map another one on '{cells.name}', or this one to '-' in columns to leave it out"


def _coded(words: list[str]) -> str:
    """Codes such as A1 to A7, which LimeSurvey exports."""
    found = [CODED.fullmatch(said) for said in words]
    letters = {one["letters"] for one in found if one}
    if len(letters) != 1 or not all(one or nothing(said) for one, said in zip(found, words, strict=True)):
        return ""
    letter = letters.pop()
    return (
        f"These look like answer codes, as LimeSurvey exports them: remove the '{letter}' in the file, so that "
        f"{letter}1 becomes 1, "
        "and look up which end of the scale that is"
    )


def _numbered(words: list[str]) -> str:
    """Numbers with their meaning beside them, as in '7 - strongly agree'."""
    found = {said: NUMBERED.fullmatch(said) for said in words}
    meanings = {re.sub(r"[\W\d]", "", said) for said in words}
    if not words or not all(found.values()) or len(meanings) == 1 < len(words):  # 'Kunde 9' and 'Kunde 7' are no steps
        return ""
    first, match = next(iter(found.items()))
    kept = f"Keep the number alone in each cell, as in {match[1] or match[2]} for {first!r}"
    sizes = {int(one[1] or one[2]): bare(re.sub(r"[\d()=:.-]", " ", said)) for said, one in found.items()}
    steps = _ladder(list(sizes.values()))
    places = [steps.index(sizes[size]) for size in sorted(sizes)] if steps else []
    turned = len(places) > 1 and places == sorted(places, reverse=True)
    return kept + (", and end the name of the column in '_r', since the numbers run downwards" if turned else "")


def _ladder(words: list[str]) -> list[str]:
    """The steps in which all of the words are found, if two or more are."""
    said = {bare(one) for one in words}
    return (
        next((steps for steps in LADDERS if len(said) > 1 and said <= set(steps)), []) if said != {"no", "yes"} else []
    )


def _stepped(words: list[str], steps: list[str]) -> str:
    """A code map for answers in words, as a proposal: the reader writes it into the file."""
    if not steps:
        return ""
    codes = sorted((steps.index(bare(said)) + 1, said) for said in words)
    told = [f"{code} for {said!r}" for code, said in codes]
    return (
        f"Write numbers for the words in the file, as in {listed(told, 7, False)}, on a scale from "
        f"1 to {len(steps)}{', if those are its steps' * (len(codes) < len(steps))}"
    )


def _in_words(answers: list[str], lost: list[str], look: str) -> str:
    """What to do with answers in words, with words that mean missing, and with slips.

    >>> _in_words(["good"], [], "")
    "Write 'good' as a number in the file; only a word that means no answer belongs in missing."
    >>> _in_words([], ["n/a"], "look at row 5")
    "Say which words mean missing with missing=['n/a'], and look at row 5."
    """
    if not answers:
        return f"Say which words mean missing with missing={lost[:5]}" + (f", and {look}." if look else ".")
    said = [f"write {listed(answers)} as {'numbers' if len(answers) > 1 else 'a number'} in the file"]
    said += [f"say missing={lost[:5]}"] * bool(lost) + [look] * bool(look)
    told = ", and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return told[0].upper() + told[1:] + "; only a word that means no answer belongs in missing."
