"""How people move: which ways are open to them, how fast each kind is, and what slopes cost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import InputError, name_ids
from gridmap.reference import BARRIERS, read_reference, reference_path
from gridmap.units import WALK_SPEED_MPS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Mode = Literal["walk", "bike", "drive"]
MODES: tuple[Mode, ...] = ("walk", "bike", "drive")

WALL = "barrier"
"""Kind of a row of the layer ``roads`` that nobody crosses on its level: a wall, a fence."""

_USUAL_MPS = {"walk": WALK_SPEED_MPS, "bike": 15 / 3.6, "drive": 30 / 3.6}
_NO_WAY = (
    frozenset({"construction", "proposed", "planned", "abandoned", "razed", "demolished"})
    | frozenset({"disused", "no", "none", "raceway", "elevator", "escape", WALL})
    | BARRIERS
)
_NEVER_ON_FOOT = frozenset({"motorway", "motorway_link", "bus_guideway", "busway"}) | _NO_WAY
_ONLY_IF_ALLOWED = frozenset({"trunk", "trunk_link"})
_ALLOWED = frozenset({"yes", "designated", "permissive", "destination", "official"})
_FORBIDDEN = frozenset({"no", "private", "use_sidepath"})
_SIDEWALK = frozenset({"both", "left", "right", "yes", "separate"})
_ABSENT = frozenset({"", "no", "nan", "none", "<na>", "false", "0"})
_ROUNDABOUT = frozenset({"roundabout", "circular"})
_OWN_TAGS = {"bike": ("bicycle",), "drive": ("motorcar", "motor_vehicle")}
_COLUMNS = ("mode", "highway", "speed_kmh")


def shipped_speeds() -> pd.DataFrame:
    """Speeds by mode and kind of way that apply where no table is given.

    Examples
    --------
    >>> table = shipped_speeds()
    >>> float(table[(table["mode"] == "walk") & (table["highway"] == "*")]["speed_kmh"].iloc[0])
    4.8
    """
    return read_speeds(reference_path("travel_speeds.csv"))


def read_speeds(path: str | Path) -> pd.DataFrame:
    """Speeds from a CSV file, added to those that ship; a row of the same mode and kind replaces.

    Parameters
    ----------
    path : path
        CSV with ``mode``, ``highway`` (``*`` for all others) and ``speed_kmh`` [km/h]; 0 closes
        ways of the kind.

    Raises
    ------
    InputError
        If the file cannot be read, columns are missing, a mode is unknown, a speed is no number
        of 0 or more, or a mode and kind appear twice.
    """
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a CSV table in UTF-8 ({error}). Save it as CSV (UTF-8) "
            f"with the columns {', '.join(_COLUMNS)}."
        ) from error
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise InputError(
            f"{path}: a table of speeds needs the columns {', '.join(_COLUMNS)}; missing "
            f"{', '.join(missing)}."
        )
    table["highway"] = table["highway"].str.strip().str.lower()
    table["speed_kmh"] = pd.to_numeric(table["speed_kmh"], errors="coerce")
    _refuse_speeds(table, path)
    shipped = read_reference("travel_speeds.csv")
    shipped["speed_kmh"] = pd.to_numeric(shipped["speed_kmh"])
    both = pd.concat([shipped, table], ignore_index=True)
    return both.drop_duplicates(["mode", "highway"], keep="last").reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Travel:
    """How people move.

    Attributes
    ----------
    mode : {"walk", "bike", "drive"}
        On foot both ways along every way; by bicycle and by car as one-way rules say.
    speeds : DataFrame
        ``mode``, ``highway`` (kind of way, ``*`` for all others) and ``speed_kmh`` [km/h];
        0 where nobody may go.
    climb : callable, optional
        Factor by which a metre counts on a slope (rise ÷ run, negative downhill), for ways whose
        lines carry heights; without it, and without heights, ground is flat.

    Notes
    -----
    Distances stay metres: those of a way at another speed than usual (:attr:`usual_mps`) count as
    usual speed ÷ its speed, those uphill as ``climb`` says. So a norm in metres on foot is one in
    minutes at 4.8 km/h, wherever people are slower (MEASURES.md 3).

    Examples
    --------
    >>> slow_steps = pd.DataFrame(
    ...     {"mode": ["walk", "walk"], "highway": ["*", "steps"], "speed_kmh": [4.8, 2.4]})
    >>> Travel(speeds=slow_steps).pace_of(pd.DataFrame({"highway": ["footway", "steps"]})).tolist()
    [[1.0, 1.0], [2.0, 2.0]]
    """

    mode: Mode = "walk"
    speeds: pd.DataFrame = field(default_factory=shipped_speeds)
    climb: Callable[[FloatArray], FloatArray] | None = None

    @property
    def usual_mps(self) -> float:
        """Speed at which a metre counts once [m/s]; access legs are always walked."""
        return _USUAL_MPS[self.mode]

    @property
    def leg_pace(self) -> float:
        """How often a metre of the access leg counts: it is walked, whatever comes after."""
        return self.usual_mps / WALK_SPEED_MPS

    @property
    def is_plain(self) -> bool:
        """Whether every open way counts its length, both ways: the usual walk."""
        mine = self.speeds["speed_kmh"][self.speeds["mode"] == self.mode]
        usual = np.isclose(mine, self.usual_mps * 3.6)
        return self.mode == "walk" and self.climb is None and bool(usual.all())

    def opens(self, roads: pd.DataFrame) -> BoolArray:
        """Whether each way is open to this mode, in one direction at least, shape (n,)."""
        found = walkable(roads) if self.mode == "walk" else _open_to(roads, _OWN_TAGS[self.mode])
        return np.asarray(found & (self._speeds_of(roads) > 0), dtype=bool)

    def pace_of(self, roads: pd.DataFrame) -> FloatArray:
        """How often each metre of a way counts, forth and back along its line, shape (n, 2)."""
        speed = self._speeds_of(roads)
        factor = np.divide(
            self.usual_mps * 3.6, speed, out=np.full(len(speed), np.inf), where=speed > 0
        )
        pace = np.column_stack([factor, factor])
        if self.mode != "walk":
            forth, back = _directions(roads, self.mode)
            pace[~forth, 0] = np.inf
            pace[~back, 1] = np.inf
        return pace

    def _speeds_of(self, roads: pd.DataFrame) -> FloatArray:
        """Speed on each way [km/h]."""
        mine = self.speeds[self.speeds["mode"] == self.mode].set_index("highway")["speed_kmh"]
        usual = float(mine.get("*", 0.0 if self.mode != "walk" else self.usual_mps * 3.6))
        speed = words_of(roads, "highway").map(mine).fillna(usual).to_numpy(dtype=np.float64)
        told = words_of(roads, "bicycle").isin(_ALLOWED) & (self.mode == "bike")
        told &= words_of(roads, "highway").isin(_ONLY_IF_ALLOWED)
        return np.where(told.to_numpy(dtype=bool) & (speed == 0), usual, speed)


def tobler(slope: FloatArray) -> FloatArray:
    """Factor by which a metre on a slope counts for people on foot.

    Parameters
    ----------
    slope : ndarray
        Rise ÷ run, negative downhill.

    Notes
    -----
    Tobler's hiking function, speed = 6 e^(−3.5 |s + 0.05|) km/h, over its value on flat ground:
    e^(3.5 (|s + 0.05| − 0.05)). A gentle descent of 5 % is quickest (Tobler 1993, Three
    presentations on geographical analysis and modeling).

    Examples
    --------
    >>> tobler(np.array([0.0, 0.1, -0.05])).round(3).tolist()
    [1.0, 1.419, 0.839]
    """
    return np.asarray(np.exp(3.5 * (np.abs(slope + 0.05) - 0.05)), dtype=np.float64)


def walkable(roads: pd.DataFrame) -> BoolArray:
    """Whether people may walk on each way.

    Parameters
    ----------
    roads : GeoDataFrame
        Layer ``roads``. A way that is ``blocked`` is closed to all; else the column ``walkable``
        decides where it is filled; else ``highway``, ``foot``, ``access`` and ``sidewalk`` (OSM
        tags, where the columns are there) do.

    Returns
    -------
    ndarray of bool, shape (n,)

    Notes
    -----
    Never: motorways, ways under construction or only proposed, race tracks. Trunk roads only with
    a sidewalk or ``foot=yes``. ``foot`` outweighs ``access`` (MEASURES.md 3, walkable ways).

    Examples
    --------
    >>> import pandas as pd
    >>> ways = pd.DataFrame({"highway": ["footway", "motorway", "trunk", "service", "steps"]})
    >>> walkable(ways).tolist()
    [True, False, False, True, True]
    >>> ways["walkable"] = pd.array([None, True, None, False, None], dtype="boolean")
    >>> walkable(ways).tolist()
    [True, True, False, False, True]
    """
    highway, foot, access = (words_of(roads, name) for name in ("highway", "foot", "access"))
    allowed = foot.isin(_ALLOWED)
    sidewalk = words_of(roads, "sidewalk").isin(_SIDEWALK)
    derived = ~highway.isin(_NEVER_ON_FOOT) & ~foot.isin(_FORBIDDEN)
    derived &= ~(access.isin(_FORBIDDEN) & ~allowed)
    derived &= ~(highway.isin(_ONLY_IF_ALLOWED) & ~allowed & ~sidewalk)
    if "walkable" in roads:
        derived = roads["walkable"].astype("boolean").fillna(derived.astype("boolean"))
    return derived.to_numpy(dtype=bool) & ~_blocked(roads)


def words_of(roads: pd.DataFrame, name: str) -> pd.Series:
    """Words of a column in lower case; empty where the column or a value is missing.

    Examples
    --------
    >>> words_of(pd.DataFrame({"highway": [" Steps", None]}), "highway").tolist()
    ['steps', '']
    """
    if name not in roads:
        return pd.Series("", index=roads.index, dtype="str")
    return roads[name].astype("str").fillna("").str.strip().str.lower()


def is_told(roads: pd.DataFrame, name: str) -> BoolArray:
    """Whether a column says anything but no.

    Examples
    --------
    >>> is_told(pd.DataFrame({"bridge": ["yes", "no", None, "viaduct"]}), "bridge").tolist()
    [True, False, False, True]
    """
    return np.asarray(~words_of(roads, name).isin(_ABSENT), dtype=bool)


def _blocked(roads: pd.DataFrame) -> BoolArray:
    return is_told(roads, "blocked") | (words_of(roads, "highway") == WALL).to_numpy(dtype=bool)


def _open_to(roads: pd.DataFrame, tags: tuple[str, ...]) -> BoolArray:
    """Whether tags leave a way open to vehicles; the most special tag that is there decides."""
    found = ~words_of(roads, "highway").isin(_NO_WAY)
    for name in ("access", *reversed(tags)):
        told = words_of(roads, name)
        found = (found | told.isin(_ALLOWED)) & ~told.isin(_FORBIDDEN)
    return found.to_numpy(dtype=bool) & ~_blocked(roads)


def _directions(roads: pd.DataFrame, mode: str) -> tuple[BoolArray, BoolArray]:
    """Whether vehicles may go forth and back along each way."""
    rule = words_of(roads, "oneway")
    implied = words_of(roads, "junction").isin(_ROUNDABOUT)
    implied |= words_of(roads, "highway").isin({"motorway", "motorway_link"})
    rule = rule.mask((rule == "") & implied, "yes")
    if mode == "bike":
        own = words_of(roads, "oneway:bicycle")
        rule = rule.mask(own != "", own)
        rule = rule.mask(words_of(roads, "cycleway").str.startswith("opposite"), "no")
    against = rule.isin({"-1", "reverse"})
    along = rule.isin({"yes", "true", "1"})
    return ~against.to_numpy(dtype=bool), ~along.to_numpy(dtype=bool)


def _refuse_speeds(table: pd.DataFrame, path: Any) -> None:
    lines = np.asarray(table.index) + 2
    faults = {
        f"expects a mode of {', '.join(MODES)}": ~table["mode"].isin(MODES),
        "expects a speed of 0 or more [km/h]": ~table["speed_kmh"].between(0, 200),
        "expects each mode and kind of way once": table.duplicated(["mode", "highway"]),
    }
    told = [
        f"{text}; found otherwise in line {name_ids(lines[wrong.to_numpy()])}."
        for text, wrong in faults.items()
        if wrong.any()
    ]
    if told:
        raise InputError(f"{path}: " + "\n".join(told))
