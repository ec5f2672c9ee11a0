"""The drawing of a framework in bands: rows of boxes with a few words each, as its file lays them out."""

import crmlab.measures.frameworks.boxes as boxes
from crmlab.frame.picture import INK, SECOND
from crmlab.measures.frameworks.book import Framework
from crmlab.measures.frameworks.boxes import CALM, INSIDE, LINE, SMALL, Box, Words, wrapped

LEFT, RIGHT = 0.02, INSIDE - 0.02
LANE = 0.34  # for a way back
ROOM = {"flow": 0.24, "goal": 0.24, "blocks": 0.1, "stairs": 0.0, "base": 0.1}
STAIR = 0.34
NARROW = 3.0  # a box that keeps a line of its own for the number


class Plan:
    """Where everything lies: boxes of parts, titles of bands, arrows and the height of it all."""

    def __init__(self, framework: Framework, rated: bool):
        self.parts, self.titles, self.arrows, self.shapes, self.back, self.beams = {}, [], [], {}, [], []
        self.framework, self.rated = framework, rated
        self.height = 0.04
        before = None
        for band in framework.layout["bands"]:
            before = self._band(band, before)
        self.height += 0.06

    def _band(self, band: dict, before: Box | None) -> Box | None:
        """Lay a band below what is there; returns the box from which an arrow may go on."""
        kind, rows = band["shape"], band["rows"][::-1] if band["shape"] == "stairs" else band["rows"]
        flows = kind in ("flow", "goal")
        if before is not None or self.parts:
            self.height += ROOM["flow"] if flows and before else 0.2
        if band.get("title"):
            self.titles.append((band["title"], self.height + 0.08))
            self.height += 0.2
        if kind == "base":
            self.beams.append((self.height + 0.03, rows[0]))
            self.height += 0.22
        left = LEFT + (LANE if band.get("back") else 0)
        first = None
        for place, row in enumerate(rows):
            if place:
                self.height += ROOM[kind]
            indent = STAIR * (len(rows) - 1 - place) if kind == "stairs" else 0
            box = self._row(row, kind, left + indent)
            if flows and before:
                self.arrows.append((before, box))
            before, first = (box if flows else None), first or box
        if band.get("back"):
            self.back.append((before, first))
        return before

    def _row(self, keys: list[str], kind: str, left: float) -> Box:
        wide = (RIGHT - left - 0.1 * (len(keys) - 1)) / len(keys)
        tall = max(self._tall(key, wide) for key in keys)
        for place, key in enumerate(keys):
            self.parts[key] = Box(key, left + place * (wide + 0.1), self.height, wide, tall)
            self.shapes[key] = kind
        self.height += tall
        return self.parts[keys[0]]

    def _tall(self, key: str, wide: float) -> float:
        part = self.framework.part(key)
        names = wrapped(part.brief, wide - 0.22, boxes.NAME, "bold")
        foot = 0.2 if self.rated and wide < NARROW else 0
        return 0.19 * len(names) + LINE * len(wrapped(part.meaning, wide - 0.22, SMALL)) + 0.18 + foot


def paint(ax, at: Plan, words: dict[str, Words]) -> None:
    boxes.sheet(ax, at.height)
    for title, y in at.titles:
        boxes.say(ax, LEFT + 0.02, y, title, SMALL, "bold", CALM)
    for start, end in at.arrows:
        boxes.arrow(ax, (INSIDE / 2, start.foot), (INSIDE / 2, end.y))
    for y, keys in at.beams:
        boxes.beam(ax, y, LEFT, RIGHT, [at.parts[key] for key in keys])
    for start, end in at.back:
        x = LEFT + 0.08
        boxes.line(ax, [start.x, x, x], [start.middle[1]] * 2 + [end.middle[1]], SECOND, 2.2)
        boxes.arrow(ax, (x, end.middle[1]), (end.x, end.middle[1]))
    for key, box in at.parts.items():
        _part(ax, box, words[key], at.shapes[key])


def _part(ax, box: Box, words: Words, kind: str) -> None:
    """Name and meaning; the number beside the name, or below where the box is narrow."""
    if kind == "goal":
        boxes.shape(ax, box, SECOND, SECOND, z=2)
    else:
        boxes.ground(ax, box, words, CALM if kind == "base" else SECOND)
    bright = "white" if kind == "goal" else None
    y = box.y + 0.09 + 0.095
    if box.w < NARROW:
        boxes.score(ax, box.x + 0.11, box.foot - 0.15, words, ha="left")
    else:
        boxes.score(ax, box.right - 0.1, y, words)
    for line in wrapped(words.name, box.w - 0.22, boxes.NAME, "bold"):
        boxes.say(ax, box.x + 0.11, y, line, boxes.NAME, "bold", bright or INK)
        y += 0.19
    for line in wrapped(words.below, box.w - 0.22, SMALL):
        boxes.say(ax, box.x + 0.11, y - 0.01, line, SMALL, color=bright or CALM)
        y += LINE
