"""One measure beside the others: two processors, and a measure that leaves Python to others."""

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from gridmap.progress import Progress

Run = Callable[..., Callable[[], Any]]


class _Later:
    """Progress of what runs beside: shown once it is waited for, and the way to stop it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.shown = self.stopped = False

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.stopped:
            raise InterruptedError
        if self.shown:
            self._progress(stage, done, total)


@contextmanager
def beside(name: str | None, progress: Progress) -> Iterator[Run]:
    """Let one of several measures run in a thread of its own.

    Parameters
    ----------
    name : str, optional
        The measure; ``None`` for none.
    progress : callable
        Told of its progress from the moment it is waited for.

    Yields
    ------
    callable
        ``run(name, measure, district, question)`` gives a function that returns the measures;
        all but the named one begin when it is called.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from gridmap.progress import silent
    >>> @dataclass
    ... class Question:
    ...     progress: object
    >>> with beside("b", silent) as run:
    ...     ends = [run(name, lambda *_, own=name: own, None, Question(silent)) for name in "ab"]
    ...     [end() for end in ends]
    ['a', 'b']
    """
    later = _Later(progress)

    def wait(future: Any) -> Any:
        later.shown = True
        return future.result()

    def run(own: str, measure: Callable[..., Any], district: Any, question: Any) -> Any:
        if own != name:
            return partial(measure, district, question)
        quiet = dataclasses.replace(question, progress=later)
        return partial(wait, pool.submit(measure, district, quiet))

    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            yield run
        except BaseException:
            # A thread cannot be killed: it ends at its next word of progress.
            later.stopped = True
            raise
