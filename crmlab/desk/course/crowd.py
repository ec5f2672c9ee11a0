"""A crowd: the same work for many students, side by side where they are many."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, parent_process
from threading import Thread
from typing import Any

from tqdm import tqdm

from crmlab.frame.errors import CrmlabError

ALONE = 8  # so few are done sooner than other processes begin


def each(work: Callable, jobs: Sequence, begin: Callable, shared: tuple, **bar) -> Iterator[Any]:
    """What the work makes of each job, in their order, with a progress bar.

    ``begin`` is called once in each process with what the jobs share, where that cannot be sent with every one.
    Raises CrmlabError where one of the processes was ended from outside.
    """
    bar = {"total": len(jobs), "unit": "student", **bar}
    if len(jobs) <= ALONE:
        begin(*shared)
        yield from tqdm(map(work, jobs), **bar)
        return
    try:
        with ProcessPoolExecutor(os.cpu_count(), initializer=_begin, initargs=(begin, shared)) as pool:
            yield from tqdm(pool.map(work, jobs, chunksize=4), **bar)
    except BrokenProcessPool:
        raise CrmlabError("The work stopped.",
                          "One of its processes was ended from outside, most often for want of memory.", "Close what needs much memory, and say the same again.") from None


def _begin(begin: Callable, shared: tuple) -> None:
    Thread(target=_watch, daemon=True).start()
    begin(*shared)


def _watch() -> None:
    """End with the process that began the work, however that ends: nobody would wait for the rest."""
    connection.wait([parent_process().sentinel])
    os._exit(1)
