"""Files in their place: one process at a time, and all of a result or none of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crmlab.desk.course import crowd
from crmlab.frame import places
from crmlab.frame.errors import CrmlabError


def _earlier(out: Path) -> list[Path]:
    return [*out.glob("*.csv"), *out.glob("pages/*.html")]


def _written(out: Path, edition: str, files: int = 3) -> None:
    with places.fresh(out, _earlier) as new:
        for at in range(files):
            places.write(new / "pages" / f"{at}.html", edition)
        places.write(new / f"{edition}.csv", edition)


def _found(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("act", ["rename", "replace"])
def test_a_kill_at_any_moment_leaves_the_old_or_the_new_and_never_both(tmp_path, monkeypatch, act):
    whole = {edition: {f"pages/{at}.html": edition for at in range(n)} | {f"{edition}.csv": edition}
             for edition, n in (("old", 3), ("new", 2))}
    for moment in range(40):
        out = tmp_path / f"{act}-{moment}"
        _written(out, "old")
        (out / "pages" / "my notes.txt").write_text("mine")
        calls = iter(range(moment))
        moved = getattr(Path, act)

        def killed(self, target, calls=calls, moved=moved):
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return moved(self, target)

        monkeypatch.setattr(Path, act, killed)
        try:
            _written(out, "new", 2)
            done = True
        except KeyboardInterrupt:
            done = False
        monkeypatch.setattr(Path, act, moved)
        seen = {text for name, text in _found(out).items() if not name.startswith(".") and "notes" not in name}
        assert len(seen) <= 1, moment
        places.settled(out, _earlier)
        found = _found(out)
        assert found.pop("pages/my notes.txt") == "mine" and found in ([whole["new"]] if done else [*whole.values()]), moment
        if done:
            break
    assert done and moment >= 2


def test_work_that_fails_changes_nothing(tmp_path):
    _written(tmp_path, "old")
    before = _found(tmp_path)
    with pytest.raises(ZeroDivisionError), places.fresh(tmp_path, _earlier) as new:
        places.write(new / "new.csv", "new")
        raise ZeroDivisionError
    assert _found(tmp_path) == before


def test_a_file_that_cannot_be_replaced_brings_all_back(tmp_path, monkeypatch):
    _written(tmp_path, "old")
    before, moved = _found(tmp_path), places._moved

    def open_elsewhere(path, target):
        if path.name == "1.html" and target.parts[-3] == places.OLD:
            raise PermissionError(13, "Permission denied")
        moved(path, target)

    monkeypatch.setattr(places, "_moved", open_elsewhere)
    with pytest.raises(CrmlabError) as error:
        _written(tmp_path, "new")
    assert str(error.value) == (f"'{tmp_path / 'pages' / '1.html'}' cannot be replaced. The system says: Permission denied. Close the "
                                "program that has it open, and say the same again; all is as it was.")
    assert _found(tmp_path) == before


def test_two_at_once_are_told_apart_and_a_lock_goes_with_its_process(tmp_path):
    lock = tmp_path / "out" / places.LOCK
    code = ("import sys, time; from pathlib import Path; from crmlab.frame import places\n"
            "with places.alone(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(CrmlabError) as error, places.alone(lock):
            pass
        other.kill()
    assert str(error.value) == (f"Another crmlab is writing into '{lock.parent}'. It has not finished. Wait until it has, or name another "
                                "folder.")
    with places.alone(lock):
        assert lock.is_file()
    assert not lock.exists()


def test_a_disk_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    def no_locks(file):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(places, "_hold", no_locks)
    with places.alone(tmp_path / "out" / places.LOCK):
        places.write(tmp_path / "out" / "a.csv", "a")
    assert _found(tmp_path / "out") == {"a.csv": "a"}


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (places.alone(tmp_path / "file" / places.LOCK), places.fresh(tmp_path / "file", _earlier)):
        with pytest.raises(CrmlabError) as error, place:
            pass
        assert str(error.value) == (f"'{tmp_path / 'file'}' cannot be written. The system says: File exists. Make room there, or name another "
                                    "place.")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal on Windows")
def test_no_process_outlives_the_one_that_began_it(tmp_path):
    (tmp_path / "many.py").write_text(
        "import os, sys, time\nfrom crmlab.desk.course import crowd\ndef begin(): pass\n"
        "def work(n): os.write(1, b'%d\\n' % os.getpid()); time.sleep(60)\n"
        "if __name__ == '__main__': list(crowd.each(work, range(40), begin, (), disable=True))\n")
    with subprocess.Popen([sys.executable, tmp_path / "many.py"], stdout=subprocess.PIPE, text=True) as many:
        workers = {int(many.stdout.readline())}
        many.kill()
    end = time.monotonic() + 20
    while workers and time.monotonic() < end:
        workers = {one for one in workers if _lives(one)}
        time.sleep(0.05)
    assert not workers


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir()


def test_a_process_that_is_ended_from_outside_is_told(monkeypatch):
    class Broken:
        def __init__(self, *given, **more):
            raise crowd.BrokenProcessPool

    monkeypatch.setattr(crowd, "ProcessPoolExecutor", Broken)
    with pytest.raises(CrmlabError) as error:
        list(crowd.each(print, range(40), print, (), disable=True))
    assert str(error.value) == ("The work stopped. One of its processes was ended from outside, most often for want of memory. Close what needs "
                                "much memory, and say the same again.")
