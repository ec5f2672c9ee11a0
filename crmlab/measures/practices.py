"""Until the framework file is there: the keys of the sixty practices, their sections and their elements."""

from typing import NamedTuple

ELEMENTS = {
    "analysis": "Analysis and planning", "proposition": "Proposition", "activity": "Customer management activity",
    "people": "People and organisation", "information": "Information and technology", "process": "Process management",
    "measurement": "Measurement", "experience": "Customer experience",
}
STAGES = {
    "targeting": "Targeting", "enquiry": "Handling enquiries", "welcoming": "Welcoming", "knowing": "Getting to know",
    "development": "Developing", "dissatisfaction": "Managing dissatisfaction", "winback": "Winning back",
}
_COUNTS = {"AP": ("analysis", 9), "PR": ("proposition", 6), "TA": ("targeting", 5), "EN": ("enquiry", 1),
           "WE": ("welcoming", 5), "GK": ("knowing", 1), "DE": ("development", 2), "DI": ("dissatisfaction", 1),
           "WI": ("winback", 5), "PO": ("people", 6), "IT": ("information", 5), "PM": ("process", 5),
           "ME": ("measurement", 5), "CX": ("experience", 4)}
SHORT = ("AP1", "AP6", "PR1", "PR4", "WE3", "DI1", "PO2", "PO5", "IT1", "IT3", "PM1", "PM5", "ME1", "ME5", "CX1", "CX4")


class Practice(NamedTuple):
    """A statement of the form: where it belongs, and whether it is one of the sixteen of the short form."""

    key: str
    section: str
    element: str
    short: bool


PRACTICES = tuple(Practice(f"{letters}{k}", section, "activity" if section in STAGES else section,
                           f"{letters}{k}" in SHORT)
                  for letters, (section, count) in _COUNTS.items() for k in range(1, count + 1))
KEYS = tuple(practice.key for practice in PRACTICES)
