"""The drawing of a loop on supports: the QCi model as a textbook would print it."""

from dataclasses import dataclass, field

import crmlab.measures.frameworks.boxes as boxes
from crmlab.frame.picture import ACCENT, GREY, SECOND
from crmlab.measures.frameworks.book import Framework
from crmlab.measures.frameworks.boxes import CALM, INSIDE, LINE, NAME, SMALL, Box, Words, wrapped

LEFT, RIGHT = 0.16, INSIDE - 0.16
LANE = 0.4  # for the way back, left of the chain
GAP, BETWEEN = 0.36, 0.34
TALL, STAGE, STEP = 0.6, 0.33, 0.09
NODE = 0.125  # radius of a stage's number
STEM = 0.14  # from an opened element to its practices
KEY = 0.62  # room for the key of a practice


@dataclass
class Plan:
    """Where everything lies: boxes of parts, rows of practices by their key, and the height of it all."""

    number: float = 0.0  # room for a number beside a statement
    parts: dict[str, Box] = field(default_factory=dict)
    practices: dict[str, Box] = field(default_factory=dict)
    panels: list[Box] = field(default_factory=list)
    height: float = 0.0


def plan(framework: Framework, opened: str | None, rated: bool) -> Plan:
    """The layout; the practices of an opened part stand below it and push the rest down."""
    look, at = framework.layout, Plan(number=0.42 if rated else 0.1)
    wide = (RIGHT - LEFT - BETWEEN) / 2
    y = 0.62
    for x, key in zip((LEFT, RIGHT - wide), look["top"], strict=True):
        at.parts[key] = Box(key, x, y, wide, TALL)
    y = _unfold(at, framework, opened, look["top"], LEFT + LANE, RIGHT - LANE, y + TALL) + GAP
    y = _chain(at, framework, opened, y) + GAP
    for x, key in zip((LEFT, RIGHT - wide), look["bottom"], strict=True):
        at.parts[key] = Box(key, x, y, wide, TALL)
    y = _unfold(at, framework, opened, look["bottom"], LEFT, RIGHT, y + TALL) + 0.44
    third = (RIGHT - LEFT - 0.2) / 3
    for place, key in enumerate(look["supports"]):
        at.parts[key] = Box(key, LEFT + place * (third + 0.1), y, third, 0.86)
    y = _unfold(at, framework, opened, look["supports"], LEFT, RIGHT, y + 0.86)
    at.height = y + 0.17
    at.parts[look["around"]] = Box(look["around"], 0.01, 0.01, INSIDE - 0.02, at.height - 0.02)
    return at


def _chain(at: Plan, framework: Framework, opened: str | None, top: float) -> float:
    """The stages one below the other in the box of their element; returns where it ends."""
    middle = framework.layout["middle"]
    y = top + 0.56
    for part in framework.inside(middle):
        at.parts[part.key] = Box(part.key, LEFT + LANE + 0.45, y, RIGHT - LEFT - LANE - 0.57, STAGE)
        y = y + STAGE
        if opened in (part.key, middle):
            y = _rows(at, framework, part.key, LEFT + LANE + 0.45, RIGHT - 0.12, y)
        y += STEP
    at.parts[middle] = Box(middle, LEFT + LANE, top, RIGHT - LEFT - LANE, y - STEP + 0.14 - top)
    return at.parts[middle].foot


def _unfold(at: Plan, framework: Framework, opened, keys, left, right, y) -> float:
    return _rows(at, framework, opened, left, right, y + STEM) if opened in keys else y


def _rows(at: Plan, framework: Framework, key: str, left: float, right: float, y: float) -> float:
    """A row per practice of the part, as tall as its statement; returns where the last one ends."""
    top = y
    y += 0.07
    for row in framework.practices(key).itertuples():
        tall = LINE * len(wrapped(row.statement, statement_width(at, left, right), SMALL)) + 0.12
        at.practices[row.practice] = Box(row.practice, left, y, right - left, tall)
        y += tall
    at.panels.append(Box(key, left, top, right - left, y - top + 0.03))
    return y + 0.03


def statement_width(at: Plan, left: float, right: float) -> float:
    """Room for a statement between its key and its number."""
    return right - left - KEY - at.number


def paint(ax, framework: Framework, at: Plan, words: dict[str, Words], statements: dict[str, Words]) -> None:
    boxes.sheet(ax, at.height)
    short = {practice.practice for practice in framework.statements if practice.short}
    look = framework.layout
    _around(ax, at.parts[look["around"]], words[look["around"]])
    for key in (*look["top"], *look["bottom"]):
        boxes.ground(ax, at.parts[key], words[key])
        _element(ax, at.parts[key], words[key])
    _activity(ax, framework, at, words)
    _supports(ax, at, look, words)
    _arrows(ax, at, look)
    for panel in at.panels:
        boxes.shape(ax, panel, "white", CALM, 0.9, z=3.5)
        x = at.parts[panel.key].middle[0]
        boxes.line(ax, [x, x], [at.parts[panel.key].foot, panel.y], CALM, 5, z=1.8)
    for key, box in at.practices.items():
        _practice(ax, box, statements[key], key in short, statement_width(at, box.x, box.right))


def _around(ax, box: Box, words: Words) -> None:
    boxes.shape(ax, box, "#f6f8f9", GREY, 1.1, (0, (4, 3)), corner=0.14, z=0)
    boxes.say(ax, INSIDE / 2, 0.2, words.name, NAME, "bold", CALM, ha="center")
    boxes.say(ax, INSIDE / 2, 0.4, words.below, SMALL, color=CALM, ha="center")


def _element(ax, box: Box, words: Words) -> None:
    """Name above; below it the hint, or in an assessment the number."""
    boxes.say(ax, box.x + 0.11, box.y + 0.2, words.name, NAME, "bold")
    if words.rated:
        boxes.score(ax, box.x + 0.11, box.y + 0.41, words, ha="left")
    else:
        boxes.say(ax, box.x + 0.11, box.y + 0.4, words.below, SMALL, color=CALM)


def _activity(ax, framework: Framework, at: Plan, words: dict[str, Words]) -> None:
    middle = framework.layout["middle"]
    box, stages = at.parts[middle], framework.inside(middle)
    boxes.shape(ax, box, "white", SECOND, 1.1, z=1)
    head = Box(middle, box.x, box.y, box.w, 0.47)
    boxes.ground(ax, head, words[middle])
    y = head.y + (0.235 if words[middle].rated else 0.15)
    boxes.say(ax, head.x + 0.11, y, words[middle].name, NAME, "bold")
    if not words[middle].rated:
        boxes.say(ax, head.x + 0.11, head.y + 0.33, words[middle].below, SMALL, color=CALM)
    boxes.score(ax, head.right - 0.1, head.middle[1], words[middle])
    x = box.x + 0.24
    first, last = at.parts[stages[0].key], at.parts[stages[-1].key]
    boxes.line(ax, [x, x], [first.middle[1], last.middle[1]], SECOND, 1.6, z=2)
    for place, stage in enumerate(stages, 1):
        row = at.parts[stage.key]
        boxes.disc(ax, x, row.middle[1], NODE)
        boxes.say(ax, x, row.middle[1], str(place), SMALL, "bold", "white", ha="center", va="center_baseline")
        boxes.ground(ax, row, words[stage.key])
        boxes.say(ax, row.x + 0.1, row.middle[1], words[stage.key].name, NAME)
        if not words[stage.key].rated:
            boxes.say(ax, row.x + 1.36, row.middle[1], words[stage.key].below, SMALL, color=CALM)
        boxes.score(ax, row.right - 0.1, row.middle[1], words[stage.key])


def _supports(ax, at: Plan, look: dict, words: dict[str, Words]) -> None:
    found = [at.parts[key] for key in look["supports"]]
    boxes.beam(ax, found[0].y - 0.2, LEFT, RIGHT, found)
    for box in found:
        boxes.ground(ax, box, words[box.key], edge=CALM)
        names = wrapped(words[box.key].name, box.w - 0.16, NAME, "bold")
        y = box.y + (0.2 if len(names) > 1 or words[box.key].rated else 0.24)
        for place, line in enumerate(names):
            boxes.say(ax, box.middle[0], y + 0.19 * place, line, NAME, "bold", ha="center")
        if words[box.key].rated:
            boxes.score(ax, box.middle[0], box.y + 0.65, words[box.key], ha="center")
        else:
            boxes.say(ax, box.middle[0], box.y + 0.64, words[box.key].below, SMALL, color=CALM, ha="center")


def _arrows(ax, at: Plan, look: dict) -> None:
    """The loop, clockwise; the way back runs in its own lane."""
    analysis, proposition = (at.parts[key] for key in look["top"])
    measurement, experience = (at.parts[key] for key in look["bottom"])
    activity = at.parts[look["middle"]]
    x = RIGHT - 0.2
    boxes.arrow(ax, (analysis.right, analysis.middle[1]), (proposition.x, proposition.middle[1]))
    boxes.arrow(ax, (x, proposition.foot), (x, activity.y))
    boxes.arrow(ax, (x, activity.foot), (x, experience.y))
    boxes.arrow(ax, (experience.x, experience.middle[1]), (measurement.right, measurement.middle[1]))
    boxes.arrow(ax, (LEFT + LANE / 2, measurement.y), (LEFT + LANE / 2, analysis.foot))


def _practice(ax, box: Box, words: Words, short: bool, wide: float) -> None:
    """Key, a dot for the short form, statement, number; the gauge is a thin bar at the foot of the row."""
    boxes.say(ax, box.x + 0.08, box.y + 0.06 + LINE / 2, words.name, SMALL, "bold", CALM)
    if short:
        boxes.disc(ax, box.x + KEY - 0.1, box.y + 0.06 + LINE / 2, 0.035, ACCENT, 5)
    for place, line in enumerate(wrapped(words.below, wide, SMALL)):
        boxes.say(ax, box.x + KEY, box.y + 0.06 + LINE * (place + 0.5), line, SMALL)
    if words.value is not None:
        y, start = box.foot - 0.02, box.x + KEY
        boxes.say(ax, box.right - 0.08, box.y + 0.06 + LINE / 2, boxes.number(words), NAME, "bold",
                  ha="right")
        boxes.line(ax, [start, start + wide], [y, y], boxes.GROUND, 2.4, z=4)
        boxes.line(ax, [start, start + wide * words.value / 100], [y, y], boxes.FILL, 2.4, z=4.1)

