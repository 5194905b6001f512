"""Every error gridmap raises on purpose.

A message says what was expected, what was found, which ids, and what to do. Wrong input raises;
doubtful input becomes a finding (see :mod:`gridmap.checks`).
"""

from collections.abc import Iterable


class GridmapError(Exception):
    """Base of all errors raised by gridmap; its text is meant for the person at the keyboard."""


class InputError(GridmapError, ValueError):
    """Input that cannot be used as it is."""


class MissingLayerError(GridmapError, LookupError):
    """A layer or column that the task needs is not there."""


class CRSError(GridmapError, ValueError):
    """A coordinate reference system is missing or unsuitable."""


class PersonalDataError(GridmapError, ValueError):
    """A column looks like personal data and is refused (places, not people)."""


class FileFormatError(GridmapError, OSError):
    """A file is not what its name says, is damaged, encrypted or too large."""


class StoreError(GridmapError, RuntimeError):
    """The database cannot do what was asked."""


class StaleEditionError(GridmapError, RuntimeError):
    """Somebody else published since editing began; nothing was changed."""


class StaleDraftError(StaleEditionError):
    """The draft moved on in another window or was closed; nothing was changed."""


class AssetError(GridmapError, LookupError):
    """A browser file is not installed, or a map asks for one that gridmap does not serve itself."""


class StoppedError(GridmapError, RuntimeError):
    """Somebody asked to stop before the work was done; nothing of it was kept."""


class ScopeError(GridmapError, PermissionError):
    """The user may not see or do this."""


def name_ids(ids: Iterable[object], limit: int = 5) -> str:
    """Name the first few ids and the count of the rest, for messages.

    Examples
    --------
    >>> name_ids(["c1", "c2"])
    'c1, c2'
    >>> name_ids(range(9))
    '0, 1, 2, 3, 4 and 4 more (9 in all)'
    """
    every = [str(one) for one in ids]
    shown = ", ".join(every[:limit])
    if len(every) <= limit:
        return shown
    return f"{shown} and {len(every) - limit} more ({len(every)} in all)"
