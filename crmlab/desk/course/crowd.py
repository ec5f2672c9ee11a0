"""A crowd: the same work for many students, side by side where they are many."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tqdm import tqdm

ALONE = 8  # so few are done sooner than other processes begin


def each(work: Callable, jobs: Sequence, begin: Callable, shared: tuple, **bar) -> Iterator[Any]:
    """What the work makes of each job, in their order, with a progress bar.

    ``begin`` is called once in each process with what the jobs share, where that cannot be sent with every one.
    """
    bar = {"total": len(jobs), "unit": "student", **bar}
    if len(jobs) <= ALONE:
        begin(*shared)
        yield from tqdm(map(work, jobs), **bar)
        return
    with ProcessPoolExecutor(os.cpu_count(), initializer=begin, initargs=shared) as pool:
        yield from tqdm(pool.map(work, jobs, chunksize=4), **bar)
