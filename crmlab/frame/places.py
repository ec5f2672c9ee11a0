"""Where things lie: lessons and data in a checkout or in the installed wheel, results in a run's folder."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else None
SHARE = CHECKOUT or PACKAGE / "_share"


def lessons() -> dict[str, Path]:
    """Every lesson's file by its word: ``05_loyalty.ipynb`` is ``loyalty``."""
    return {path.stem.split("_", 1)[1]: path for path in sorted((SHARE / "notebooks").glob("[0-9]*_*.ipynb"))}


def output() -> Path | None:
    """The folder of the run that is under way (``$CRMLAB_OUT``), or None in an open notebook."""
    folder = os.environ.get("CRMLAB_OUT")
    return Path(folder) if folder else None


def running() -> bool:
    """Whether a run of crmlab executes this, and not a person in an open notebook."""
    return "CRMLAB_OUT" in os.environ


def write(path: Path, content: str | bytes) -> Path:
    """Write beside and rename, so that nobody ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content.encode() if isinstance(content, str) else content)
    return beside.replace(path)
