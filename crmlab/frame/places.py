"""Where things lie: lessons and data in a checkout or in the installed wheel, results in a run's folder."""

import os
from contextlib import suppress
from pathlib import Path

from crmlab.frame.errors import CrmlabError

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else None
SHARE = CHECKOUT or PACKAGE / "_share"
OWNER = 0o600  # read and write, for the owner of a file alone


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


def write(path: Path, content: str | bytes, private: bool = False) -> Path:
    """Write beside and rename, so that nobody ever reads half a file, and none is left where that fails.

    ``private`` is for secrets, truths and marks: only their owner reads the file, and the folders that are made for it,
    whatever the umask says. Raises CrmlabError where the place cannot be written.
    """
    beside = path.with_name(f"{path.name[:200]}.{os.getpid()}.part")  # two processes never write the same file
    try:
        folder(path.parent, private)
        beside.unlink(missing_ok=True)
        with open(beside, "xb", opener=lambda name, flags: os.open(name, flags, OWNER if private else 0o666)) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        if private:
            beside.chmod(OWNER)
        return beside.replace(path)
    except OSError as why:
        raise CrmlabError(f"'{path}' cannot be written.", f"The system says: {why.strerror or why}.",
                          "Make room there, or name another place.") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def folder(path: Path, private: bool = False) -> Path:
    """Make a folder and those above it, where they are not there; ``private`` ones are their owner's alone."""
    for one in [one for one in (path, *path.parents) if not one.is_dir()][::-1]:
        one.mkdir(exist_ok=True)
        if private:
            one.chmod(0o700)
    return path
