"""Seeds: the chance that belongs to one student in one lesson, the same on every machine."""

import hmac

from crmlab.desk.exercises.books import normal

PRACTICE = "crmlab practice"  # public: in practice anybody may know whose data are whose


def seed(course: str, run: str, lesson: str, student: str, attempt: int = 0, secret: str | None = None) -> int:
    """A whole number below 2³²: the first four bytes of HMAC-SHA256 (RFC 2104) of the five parts.

    Another term (``run``) draws other data. With the course's secret, as in an exam, nobody else can compute it.

    >>> seed("crm", "2026 winter", "loyalty", " S0123 ") == seed("crm", "2026 winter", "loyalty", "s0123")
    True
    """
    parts = [course, run, lesson, normal(student), str(attempt)]
    digest = hmac.digest((secret or PRACTICE).encode(), "\x1f".join(parts).encode(), "sha256")
    return int.from_bytes(digest[:4], "big")
