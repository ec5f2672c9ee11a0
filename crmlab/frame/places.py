"""Where things lie: lessons and data in a checkout or in the installed wheel, results in a run's folder."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crmlab.frame.errors import CrmlabError

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else None
SHARE = CHECKOUT or PACKAGE / "_share"
OWNER = 0o600  # read and write, for the owner of a file alone
LOCK, NEW, READY, PLACING, OLD = (f".crmlab-{word}" for word in ("lock", "new", "ready", "placing", "old"))


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
        raise _unwritable(path, why) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _unwritable(path: Path, why: OSError) -> CrmlabError:
    return CrmlabError(f"'{path}' cannot be written.", f"The system says: {why.strerror or why}.",
                       "Make room there, or name another place.")


def folder(path: Path, private: bool = False) -> Path:
    """Make a folder and those above it, where they are not there; ``private`` ones are their owner's alone."""
    for one in [one for one in (path, *path.parents) if not one.is_dir()][::-1]:
        one.mkdir(exist_ok=True)
        if private:
            one.chmod(0o700)
    return path


# ---- one process at a time, and all or nothing ----------------------------------------------------------


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the file ``lock`` against every other process; it is given back however this one ends.

    Raises CrmlabError at once where another one holds it.
    """
    made = not lock.parent.exists()
    while True:
        try:
            folder(lock.parent)
            file = open(lock, "a")
        except OSError as why:
            raise _unwritable(lock.parent, why) from None
        try:
            _hold(file)
        except (BlockingIOError, PermissionError):
            file.close()
            raise CrmlabError(f"Another crmlab is writing into '{lock.parent}'.", "It has not finished.",
                              "Wait until it has, or name another folder.") from None
        except OSError:  # a disk that knows no locks
            break
        with suppress(OSError):  # whoever held it before may have removed it meanwhile
            if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)):
                break
        file.close()
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        file.close()
        with suppress(OSError):  # nothing came of it
            if made:
                lock.parent.rmdir()


def _hold(file) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def fresh(out: Path, earlier: Callable[[Path], Iterable[Path]], private: bool = False) -> Iterator[Path]:
    """A new folder in ``out``; what is written there takes the place of ``earlier(out)`` at the end, all of it or none.

    Where the work fails, or is killed, everything is as it was. Old and new files never stand side by side.
    """
    settled(out, earlier)
    new = out / NEW
    try:
        folder(out, private)
        folder(new, private=True)
    except OSError as why:
        raise _unwritable(out, why) from None
    try:
        yield new
        new.rename(out / READY)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    settled(out, earlier)


def settled(out: Path, earlier: Callable[[Path], Iterable[Path]]) -> None:
    """Bring to its end what a process that was killed had begun: unfinished files go, finished ones take their place."""
    ready, placing, old = out / READY, out / PLACING, out / OLD
    shutil.rmtree(out / NEW, ignore_errors=True)
    if ready.is_dir():
        before = list(earlier(out))
        try:
            for path in before:
                _moved(path, old / path.relative_to(out))
        except OSError as why:
            for one in before:
                if (old / one.relative_to(out)).exists():
                    _moved(old / one.relative_to(out), one)
            shutil.rmtree(ready, ignore_errors=True)
            raise CrmlabError(f"'{path}' cannot be replaced.", f"The system says: {why.strerror or why}.",
                              "Close the program that has it open, and say the same again; all is as it was.") from None
        _emptied(out, before)
        ready.rename(placing)
    if placing.is_dir():
        for path in [one for one in sorted(placing.rglob("*")) if one.is_file()]:
            _moved(path, out / path.relative_to(placing))
    for gone in (placing, old):
        shutil.rmtree(gone, ignore_errors=True)


def _emptied(out: Path, before: Iterable[Path]) -> None:
    """Remove the folders in which nothing is left."""
    for path in sorted({one for path in before for one in path.parents if out in one.parents}, reverse=True):
        with suppress(OSError):
            path.rmdir()


def _moved(path: Path, target: Path) -> None:
    there = target.parent.is_dir()
    folder(target.parent)
    if not there:
        shutil.copymode(path.parent, target.parent)
    path.replace(target)
