"""How long work tells of its progress, without knowing who listens."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``; ``total`` is 0 where it is not known."""


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing: the default of every function that reports progress.

    Examples
    --------
    >>> silent("reading", 1, 10)
    """
