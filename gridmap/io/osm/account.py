"""The account of an import: what was read, what was kept, what was dropped and why."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gridmap.errors import name_ids

_IDS_KEPT = 5


@dataclass(frozen=True)
class Dropped:
    """Objects of one kind that were dropped, or changed, for one reason."""

    what: str
    reason: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    r"""What an import read, kept and dropped.

    Attributes
    ----------
    dated : str
        Day the map describes (ISO), empty where the file does not tell.
    read : mapping of str to int
        Objects read: tagged nodes, ways, relations.
    kept : mapping of str to int
        Rows per layer.
    dropped : tuple of Dropped
        What was dropped or left out, and why; with the first ids.
    notes : tuple of str
        Choices a reader must know, e.g. where the boundary comes from.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.drop("building", "outline cut by the edge of the file", ["w7"])
    >>> print("\n".join(tally.close({"roads": 2}, dated="2026-01-01").lines()))
    data of 2026-01-01
    read     nothing
    kept     2 roads
    dropped  1 building: outline cut by the edge of the file (w7)
    """

    dated: str
    read: Mapping[str, int]
    kept: Mapping[str, int]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Lines for a terminal."""
        lines = [f"data of {self.dated or 'unknown date'}"]
        lines.append(f"read     {_told(self.read)}")
        lines.append(f"kept     {_told(self.kept)}")
        for one in self.dropped:
            more = ", …" if one.count > len(one.ids) else ""
            named = f" ({name_ids(one.ids)}{more})" if one.ids else ""
            lines.append(f"dropped  {one.count} {one.what}: {one.reason}{named}")
        return lines + [f"note     {one}" for one in self.notes]

    def count(self, what: str, part_of_reason: str = "") -> int:
        """How many objects of a kind were dropped, for reasons that contain a text."""
        return sum(
            one.count for one in self.dropped if one.what == what and part_of_reason in one.reason
        )


@dataclass
class Tally:
    """Running account; :meth:`close` makes the :class:`Account`."""

    read: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _ids: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def drop(self, what: str, reason: str, ids: Iterable[str]) -> None:
        """Count objects as dropped for a reason; the first ids are kept as examples."""
        every = [str(one) for one in ids]
        if not every:
            return
        self._counts[what, reason] += len(every)
        known = self._ids[what, reason]
        known += every[: _IDS_KEPT - len(known)]

    def note(self, text: str) -> None:
        """Add a note for the reader."""
        self.notes.append(text)

    def close(self, kept: Mapping[str, int], dated: str = "") -> Account:
        """Account of everything counted so far."""
        dropped = [
            Dropped(what, reason, count, tuple(self._ids[what, reason]))
            for (what, reason), count in sorted(self._counts.items())
        ]
        return Account(
            dated,
            MappingProxyType(dict(self.read)),
            MappingProxyType(dict(kept)),
            tuple(dropped),
            tuple(self.notes),
        )


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items()) or "nothing"
