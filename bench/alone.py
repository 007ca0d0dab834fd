"""Measures in a fresh process: what one benchmark loads must not weigh on the next."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from bench.findings import Section
from bench.options import Options
from gateway.processes.habits import be_modest
from gateway.sandbox.privileges import die_with_parent


def alone(measure: Callable[[Options], Section], options: Options) -> Section:
    """Return what `measure` finds; it ends with this process, and so do the servers that it starts."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_begin, initargs=(os.getpid(),)) as pool:
        return pool.submit(measure, options).result()


def _begin(parent: int) -> None:
    """Behave as our own processes do; what is inherited is not all of that."""
    die_with_parent(parent)
    be_modest()
