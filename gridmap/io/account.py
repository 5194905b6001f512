"""Account of an import: what was read, what was kept, what was dropped and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """What happened to the rows of one source.

    Attributes
    ----------
    source : str
        Name of the file, without its folder.
    read : int
        Rows (or objects) read.
    kept : mapping of str to int
        Rows kept, by layer.
    dropped : mapping of str to int
        Rows dropped, by reason.
    notes : tuple of str
        What a reader must know: repairs, conversions, assumptions.

    Examples
    --------
    >>> print(Account("streets.osm", 5, {"roads": 3}, {"no site type": 2}, ("1 repaired",)))
    streets.osm: 5 read
      kept     3  roads
      dropped  2  no site type
      1 repaired
    """

    source: str
    read: int
    kept: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Several lines for a terminal."""
        counts = [*self.kept.values(), *self.dropped.values()]
        width = max((len(f"{count:,}") for count in counts), default=1)
        lines = [f"{self.source}: {self.read:,} read"]
        for verb, rows in (("kept   ", self.kept), ("dropped", self.dropped)):
            lines += [f"  {verb}  {count:>{width},}  {name}" for name, count in rows.items()]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
