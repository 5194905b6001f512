"""Directions of cameras as OSM writes them: degrees, cardinals, ranges, lists."""

import re
from dataclasses import dataclass

from gridmap.io.osm.tags import angle_of

_CARDINALS = (
    "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
    "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW",
)  # fmt: skip
_CARDINAL_DEG = {name: 22.5 * number for number, name in enumerate(_CARDINALS)}
_POINTS = re.compile("NORTH|SOUTH|EAST|WEST")
_SPELT = re.compile(rf"({_POINTS.pattern})([-_ ]?({_POINTS.pattern}))*")
_FULL_TURN_FROM_DEG = 359.0


@dataclass(frozen=True)
class Direction:
    """Where a camera looks.

    Attributes
    ----------
    heading_deg : float or None
        Bearing of the middle, clockwise from north; None for a full turn.
    hfov_deg : float or None
        Width of the arc; None where one bearing is given.
    """

    heading_deg: float | None
    hfov_deg: float | None


def directions_of(text: str) -> tuple[list[Direction], list[str]]:
    """Directions in a ``direction`` or ``camera:direction`` tag, and the parts not understood.

    Parameters
    ----------
    text : str
        One direction or several with ``;`` between: degrees (``45``, ``45.0``, ``45°``),
        cardinals (``N``, ``NNE``, ``north-west``) or clockwise ranges of them (``338-23``,
        ``NW-NE``).

    Notes
    -----
    A range runs clockwise from its first to its second bearing and may wrap over north; heading
    is its middle and the field of view its width. ``0-359`` and ``0-360`` mean a full turn.
    Bearing 0 is north, not "missing".

    Examples
    --------
    >>> directions_of("0")[0], directions_of("NNE")[0]
    ([Direction(heading_deg=0.0, hfov_deg=None)], [Direction(heading_deg=22.5, hfov_deg=None)])
    >>> directions_of("338-23")[0]
    [Direction(heading_deg=0.5, hfov_deg=45.0)]
    >>> directions_of("90;forward")
    ([Direction(heading_deg=90.0, hfov_deg=None)], ['forward'])
    """
    found: list[Direction] = []
    garbage: list[str] = []
    for part in (one.strip() for one in text.replace(",", ";").split(";")):
        if not part:
            continue
        direction = _direction_of(part)
        if direction is None:
            garbage.append(part)
        elif direction not in found:
            found.append(direction)
    return found, garbage


def _direction_of(part: str) -> Direction | None:
    bearing = _bearing_of(part)
    if bearing is not None:
        return Direction(bearing, None)
    for at in (n for n, sign in enumerate(part) if sign in "-–"):
        start, end = _bearing_of(part[:at], full=True), _bearing_of(part[at + 1 :], full=True)
        if start is not None and end is not None:
            return _arc(start, end)
    return None


def _arc(start_deg: float, end_deg: float) -> Direction | None:
    if end_deg - start_deg >= _FULL_TURN_FROM_DEG:
        return Direction(None, 360.0)
    width_deg = (end_deg - start_deg) % 360
    if width_deg == 0:
        return Direction(start_deg % 360, None)
    return Direction((start_deg + width_deg / 2) % 360, width_deg)


def _bearing_of(text: str, *, full: bool = False) -> float | None:
    """Bearing [°] from 0 up to 360; 360 stays only as the end of a range."""
    word = text.strip().upper()
    if _SPELT.fullmatch(word):
        # "north-east" is one word with a hyphen; "N-E" is a range.
        word = "".join(one[0] for one in _POINTS.findall(word))
    if word in _CARDINAL_DEG:
        return _CARDINAL_DEG[word]
    angle = angle_of(text)
    if angle is None or not 0 <= angle <= 360:
        return None
    return angle if full else angle % 360
