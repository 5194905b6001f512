"""What commands print while they work: a bar on a terminal, nothing in a pipe."""

import datetime as dt
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from tqdm import tqdm

from gridmap.errors import InputError
from gridmap.schema import Finding


def read_day(text: str, option: str) -> dt.date:
    """Read the day that an option tells.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> read_day("2026-03-02", "--on")
    datetime.date(2026, 3, 2)
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} expects a day such as 2026-03-02, found '{text}'.") from error


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings on standard error, one a line, so that standard output stays the answer."""
    for finding in findings:
        print(f"{finding.severity}: {finding}", file=sys.stderr)


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
