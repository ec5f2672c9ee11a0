"""`make elsewhere`: every lesson under other processor settings, compared to the byte.

Processors differ in the last binary digit of logarithms and sums. So the lessons run as on a processor without
AVX-512, as on one without AVX2, with the sums of other processors and on two threads. Texts and results.json must be
the same to the byte, pictures by their alt text. A setting that changes nothing is an error.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
WIDE = ("X86_V4", "AVX512")  # how names of AVX-512 begin, in numpy 2.4 and before
KERNELS = {"Prescott": "", "Haswell": "AVX2", "Zen": "AVX2"}  # of OpenBLAS, and what a processor needs for it


class Setting(NamedTuple):
    """Features of numpy to switch off, the kernel of OpenBLAS ("" leaves it), threads."""

    off: tuple[str, ...] = ()
    kernel: str = ""
    threads: int = 1

    def __str__(self) -> str:
        parts = (self.off and f"without {', '.join(self.off)}", self.kernel and f"sums as on {self.kernel}",
                 self.threads > 1 and f"{self.threads} threads")
        return "; ".join(filter(None, parts)) or "as it is, one thread"

    def env(self) -> dict[str, str]:
        ours = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")
        env = {name: value for name, value in os.environ.items() if name not in ours}
        env |= {name: str(self.threads) for name in THREADS} | {"PYTHONHASHSEED": "0"}
        env |= {"NPY_DISABLE_CPU_FEATURES": " ".join(self.off)} if self.off else {}
        return env | ({"OPENBLAS_CORETYPE": self.kernel} if self.kernel else {})


class Machine(NamedTuple):
    """What numpy can choose between, what of it is active; the kernels and the threads of its linear algebra."""

    dispatch: tuple[str, ...]
    active: tuple[str, ...]
    kernels: tuple[str, ...]
    threads: int

    def lacks(self) -> str:
        missing = [name for name in self.dispatch if name not in self.active]
        lacking = f"lacks {', '.join(missing)}" if missing else "has all that numpy can use"
        return f"This processor {lacking}."


def here() -> Machine:
    """This process as it is."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info
    try:
        from numpy._core import _multiarray_umath as core
    except ImportError:  # before numpy 2
        from numpy.core import _multiarray_umath as core
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return Machine(tuple(core.__cpu_dispatch__), tuple(name for name, has in core.__cpu_features__.items() if has),
                   tuple(sorted({pool.get("architecture", "") for pool in blas} - {""})),
                   max((pool["num_threads"] for pool in blas), default=1))


def settings(machine: Machine, cores: int) -> list[Setting]:
    """What there is to try on a machine: the first is the one that the others are compared with."""
    every = tuple(name for name in machine.dispatch if name in machine.active)
    wide = tuple(name for name in every if name.startswith(WIDE))
    two = 2 if cores > 1 and machine.kernels else 1
    kernels = [name for name, needs in KERNELS.items() if machine.kernels and name not in machine.kernels
               and {"SSE3", "X86_V2"} & {*machine.active} and (not needs or needs in machine.active)]
    tried = [Setting(), Setting(wide, kernels.pop(1) if kernels[1:] else "") if wide else Setting(),
             Setting(every, kernels.pop(0) if kernels else "", two), *(Setting((), name, two) for name in kernels),
             Setting((), "", two)]
    return list(dict.fromkeys(tried))


def changed(setting: Setting, before: Machine, now: Machine) -> str:
    """What a setting promised and did not do, or nothing."""
    still = [name for name in setting.off if name in now.active]
    if still:
        return f"numpy still uses {', '.join(still)}"
    if setting.off and set(before.active) == set(now.active):
        return "no feature of numpy changed"
    if setting.kernel and now.kernels == before.kernels:
        return f"the kernel of OpenBLAS is still {', '.join(now.kernels)}"
    return f"there is still {now.threads} thread" if now.threads != setting.threads and now.kernels else ""


def there(setting: Setting) -> Machine:
    """A process of its own under a setting."""
    *lists, threads = json.loads(subprocess.check_output([sys.executable, __file__, "--here"], env=setting.env()))
    return Machine(*map(tuple, lists), threads)


def said(out: Path, lesson: str) -> dict[str, str]:
    """results.json, and every output of the executed lesson but its pixels."""
    cells = json.loads((out / f"{lesson}.ipynb").read_text("utf-8"))["cells"]
    shown = [(f"{cell['id']} {place}", output.get("data", {"text": output.get("text", "")}))
             for cell in cells for place, output in enumerate(cell.get("outputs", []))]
    return {"results.json": (out / "results.json").read_text("utf-8")} | {
        f"{where} {mime}": json.dumps(part) for where, data in shown for mime, part in data.items() if "image/" not in mime}


def run(lesson: str, setting: Setting, out: Path) -> dict[str, str]:
    subprocess.run([sys.executable, __file__, "--run", lesson, str(out)], env=setting.env(), check=True)
    return said(out, lesson)


def executed(lesson: str, out: str) -> None:
    """One lesson in this process's settings; a kernel would have one thread else."""
    from crmlab.desk import kernel, run
    kernel.THREADS.update({name: os.environ.get(name, "1") for name in THREADS})
    run.run(lesson, {}, out, progress=False)


def main() -> int:
    from crmlab.desk import lessons
    before, words = there(Setting()), [one.word for one in lessons.every()]
    tried = settings(before, os.cpu_count() or 1)
    print(f"{before.lacks()} {len(words)} lessons under {len(tried)} settings.", flush=True)
    first, unlike = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for number, setting in enumerate(tried):
            print(f"\n{number + 1} of {len(tried)}: {setting}", flush=True)
            wrong = changed(setting, before, there(setting))
            if wrong:
                print(f"  The setting changed nothing: {wrong}.")
                return 2
            for word in words:
                began = time.monotonic()
                found = run(word, setting, Path(folder) / str(number) / word)
                known = first.setdefault(word, found)
                differ = [name for name in {**known, **found} if known.get(name) != found.get(name)]
                unlike += len(differ)
                print(f"  {word}: {f'DIFFERS in {differ}' if differ else 'the same' if number else 'done'} "
                      f"({time.monotonic() - began:.0f} s)", flush=True)
    print("\nThe same everywhere." if not unlike else f"\n{unlike} outputs differ.")
    return 1 if unlike else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", action="store_true", help="say what is active in this process")
    parser.add_argument("--run", nargs=2, metavar=("LESSON", "OUT"), help="one lesson in this process's settings")
    asked = parser.parse_args()
    sys.exit(print(json.dumps(here())) if asked.here else executed(*asked.run) if asked.run else main())
