"""What commands print while they work: a bar on a terminal, nothing in a pipe."""

import sys
from types import TracebackType
from typing import Any

from tqdm import tqdm


class Bar:
    """Progress bar on standard error; call it as a :data:`gridmap.progress.Progress`.

    Examples
    --------
    >>> with Bar() as progress:
    ...     progress("reading", 1, 2)
    """

    def __init__(self) -> None:
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` steps of a stage are finished."""
        if stage != self._stage:
            self._close()
            self._stage = stage
            self._bar = tqdm(
                desc=stage, total=total or None, file=sys.stderr, disable=None, leave=False
            )
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
