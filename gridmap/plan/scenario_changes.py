"""Changes of a scenario: what a planner may do to sites and norms, in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import InputError, name_ids
from gridmap.schema import conform
from gridmap.services.sites import open_sites

OPERATIONS = ("add", "move", "close", "reopen", "resize", "retype", "norm")
"""What a change may be."""
LONGEST_NORM_M = 50_000.0
"""Norms are walking distances [m]; more is a mistake of units."""
MOST_CAPACITY = 1e7
"""People that one site can serve at most."""


@dataclass(frozen=True)
class Change:
    """One thing that a scenario does otherwise.

    Attributes
    ----------
    op : str
        One of :data:`OPERATIONS`.
    site_id : str
        Which site; a new identifier to add one. Empty for a norm.
    type : str
        Facility type: of a new site, after ``retype``, or of the norm.
    x, y : float, optional
        Place [m] in the CRS of the district, to add or move.
    capacity : float, optional
        People it can serve, to add or resize; None is unknown.
    norm_m : float, optional
        Longest walk of the norm [m].
    name : str
        What a new site is called.
    """

    op: str
    site_id: str = ""
    type: str = ""
    x: float | None = None
    y: float | None = None
    capacity: float | None = None
    norm_m: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Place:
    """A site as a scenario has it.

    Attributes
    ----------
    site_id, type, name : str
        As in the layer ``sites``.
    shape : geometry
        Where it stands [m].
    capacity : float or None
        People it can serve.
    is_open : bool
        Whether it serves.
    rank : int
        Row in the layer; sites that the scenario adds follow in the order they came in. Of sites
        equally far the one of lower rank is nearest.
    """

    site_id: str
    type: str
    name: str
    shape: Any
    capacity: float | None
    is_open: bool
    rank: int


@dataclass(frozen=True)
class Plan:
    """What is left of a list of changes once all are done.

    Attributes
    ----------
    places : dict
        Sites that were touched, by identifier, as they are in the end; also those that are again
        what they were.
    norm_m : dict
        Norms that were set, by type [m].
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    norm_m: Mapping[str, float] = field(default_factory=dict)


class Register:
    """The sites of a district on a day, to be asked by identifier.

    Parameters
    ----------
    sites : GeoDataFrame
        Layer ``sites``.
    on : date
        Day on which they are open or not.
    norms : DataFrame
        ``type`` and ``norm_m``; types without a distance cannot be asked.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> register = Register(toy["sites"], date(2026, 3, 2), norms)
    >>> register.place("s1").is_open, register.place("s9")
    (True, None)
    """

    def __init__(self, sites: gpd.GeoDataFrame, on: date, norms: pd.DataFrame) -> None:
        self.sites = sites.reset_index(drop=True)
        self.on = on
        self.is_open = np.zeros(len(self.sites), dtype=bool)
        self.is_open[open_sites(self.sites, on).index] = True
        asked = norms[norms["norm_m"].notna()]
        self.norm_m = dict(
            zip(asked["type"].astype(str), asked["norm_m"].astype(float), strict=True)
        )
        self._row = {str(one): row for row, one in enumerate(self.sites["site_id"])}
        self._types = self.sites["type"].astype(str).tolist()
        self._names = (
            self.sites["name"].astype(object).where(self.sites["name"].notna(), "").tolist()
        )
        self._capacity = self.sites["capacity"].to_numpy(dtype=np.float64)
        self._shapes = np.asarray(self.sites.geometry, dtype=object)

    def __contains__(self, site_id: object) -> bool:
        return site_id in self._row

    def place(self, site_id: str) -> Place | None:
        """Site as the data has it; None where there is none of this identifier."""
        row = self._row.get(site_id)
        if row is None:
            return None
        people = float(self._capacity[row])
        return Place(
            site_id,
            self._types[row],
            str(self._names[row]),
            self._shapes[row],
            None if np.isnan(people) else people,
            bool(self.is_open[row]),
            row,
        )


def fold_changes(register: Register, changes: Iterable[Change]) -> Plan:
    """Do changes one after the other; tells what is left of them.

    Parameters
    ----------
    register : Register
        Sites and norms they start from.
    changes : iterable of Change
        In order.

    Raises
    ------
    InputError
        If one cannot be done; its message begins with the number of the change.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    >>> register = Register(toy_district()["sites"], date(2026, 3, 2), norms)
    >>> norm = Change("norm", type="pharmacy", norm_m=500.0)
    >>> plan = fold_changes(register, [Change("close", "s1"), norm])
    >>> plan.places["s1"].is_open, plan.norm_m
    (False, {'pharmacy': 500.0})
    """
    places: dict[str, Place] = {}
    norm_m: dict[str, float] = {}
    for number, change in enumerate(changes, 1):
        try:
            if change.op == "norm":
                norm_m[_known_type(register, change.type)] = _norm(change)
            else:
                new = len(register.sites) + sum(one not in register for one in places)
                places[change.site_id] = _changed(register, places, change, new)
        except InputError as error:
            raise InputError(f"Change {number} ({change.op}): {error}") from error
    return Plan(places, norm_m)


def edit_sites(register: Register, plan: Plan) -> gpd.GeoDataFrame:
    """Layer ``sites`` as a plan has it, for measuring the district anew.

    Parameters
    ----------
    register : Register
    plan : Plan
        From :func:`fold_changes` on the same register.

    Returns
    -------
    GeoDataFrame
        Sites that are closed end on the day; those that are opened have no dates; new ones follow
        in the order they came in.
    """
    sites = register.sites.copy()
    day = pd.Timestamp(register.on)
    added = []
    for place in sorted(plan.places.values(), key=lambda one: one.rank):
        if place.rank >= len(register.sites):
            added.append(place)
            continue
        if place == register.place(place.site_id):
            continue
        sites.loc[place.rank, "type"] = place.type
        sites.loc[place.rank, "capacity"] = np.nan if place.capacity is None else place.capacity
        sites.loc[place.rank, "geometry"] = place.shape
        if place.is_open != bool(register.is_open[place.rank]):
            sites.loc[place.rank, "opened_on"] = pd.NaT
            sites.loc[place.rank, "closed_on"] = pd.NaT if place.is_open else day
            sites.loc[place.rank, "proposed"] = False
    new = [one for one in added if one.is_open]
    if not new:
        return sites
    frame = gpd.GeoDataFrame(
        {
            "site_id": [one.site_id for one in new],
            "type": [one.type for one in new],
            "name": [one.name or None for one in new],
            "capacity": [np.nan if one.capacity is None else one.capacity for one in new],
        },
        geometry=[one.shape for one in new],
        crs=sites.crs,
    )
    both = pd.concat([sites, conform(frame, "sites")], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=sites.crs)


def edit_norms(norms: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Norms as a plan has them; one that was changed names the scenario as its source.

    Examples
    --------
    >>> norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0], "source": ["a law"]})
    >>> edit_norms(norms, Plan(norm_m={"pharmacy": 500.0})).values.tolist()
    [['pharmacy', 500.0, 'scenario']]
    """
    changed = norms.copy()
    for kind, metres in plan.norm_m.items():
        mine = changed["type"] == kind
        same = bool((changed.loc[mine, "norm_m"] == metres).all())
        changed.loc[mine, "norm_m"] = metres
        if not same and "source" in changed:
            changed.loc[mine, "source"] = "scenario"
        if not same and "confidence" in changed:
            changed.loc[mine, "confidence"] = None
    return changed


def _changed(register: Register, places: Mapping[str, Place], change: Change, rank: int) -> Place:
    known = places.get(change.site_id) or register.place(change.site_id)
    if change.op not in OPERATIONS:
        raise InputError(f"expected one of {', '.join(OPERATIONS)}; found '{change.op[:40]}'.")
    if change.op == "add":
        return _added(register, known, change, rank)
    if known is None:
        raise InputError(
            f"there is no site '{change.site_id[:80]}'. Choose one of the district, or add it "
            "first."
        )
    return _EDITS[change.op](register, known, change)


def _added(register: Register, known: Place | None, change: Change, rank: int) -> Place:
    if not change.site_id.strip():
        raise InputError("a new site needs an identifier (site_id); found none.")
    if known is not None:
        raise InputError(
            f"there is a site '{change.site_id[:80]}' already. Give the new one another site_id."
        )
    kind = _known_type(register, change.type)
    shape, capacity = _point(change), _capacity(change.capacity)
    return Place(change.site_id, kind, change.name, shape, capacity, True, rank)


def _moved(_register: Register, known: Place, change: Change) -> Place:
    return _replaced(known, shape=_point(change))


def _closed(_register: Register, known: Place, _change: Change) -> Place:
    if not known.is_open:
        raise InputError(f"site '{known.site_id}' is not open. Nothing is left to close.")
    return _replaced(known, is_open=False)


def _reopened(_register: Register, known: Place, _change: Change) -> Place:
    if known.is_open:
        raise InputError(f"site '{known.site_id}' is open already.")
    return _replaced(known, is_open=True)


def _resized(_register: Register, known: Place, change: Change) -> Place:
    return _replaced(known, capacity=_capacity(change.capacity))


def _retyped(register: Register, known: Place, change: Change) -> Place:
    return _replaced(known, type=_known_type(register, change.type))


_EDITS = {
    "move": _moved,
    "close": _closed,
    "reopen": _reopened,
    "resize": _resized,
    "retype": _retyped,
}


def _replaced(place: Place, **changed: Any) -> Place:
    return Place(**{**place.__dict__, **changed})


def _point(change: Change) -> Any:
    if change.x is None or change.y is None or not np.isfinite([change.x, change.y]).all():
        raise InputError("a place needs two coordinates; found none.")
    return shapely.Point(change.x, change.y)


def _capacity(capacity: float | None) -> float | None:
    if capacity is None or np.isnan(capacity):
        return None
    if not 0 < capacity <= MOST_CAPACITY:
        raise InputError(
            f"a capacity lies above 0 and up to {MOST_CAPACITY:.0f} people; found {capacity:g}. "
            "Close a site that serves nobody."
        )
    return float(capacity)


def _known_type(register: Register, kind: str) -> str:
    if kind not in register.norm_m:
        raise InputError(
            f"the facility type '{kind[:40]}' has no norm of distance here. Choose one of "
            f"{name_ids(register.norm_m)}."
        )
    return kind


def _norm(change: Change) -> float:
    metres = change.norm_m
    if metres is None or not 0 < metres <= LONGEST_NORM_M:
        raise InputError(
            f"a norm lies above 0 and up to {LONGEST_NORM_M:.0f} m on foot; found "
            f"{'none' if metres is None else format(metres, 'g')}."
        )
    return float(metres)


def touched_types(register: Register, plan: Plan) -> Sequence[str]:
    """Types whose walks or norm a plan may change, sorted."""
    kinds = set(plan.norm_m)
    for place in plan.places.values():
        before = register.place(place.site_id)
        kinds |= {place.type} | ({before.type} if before else set())
    return sorted(kind for kind in kinds if kind in register.norm_m)
