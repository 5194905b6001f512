"""Decay: how much less a site counts for people the farther they walk to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from gridmap.errors import InputError
from gridmap.reference import read_reference
from gridmap.services.network import FloatArray


@dataclass(frozen=True)
class Decay:
    """Weight of a site by the walk to it: steps, or a bell.

    Attributes
    ----------
    upto_m : tuple of float
        Outer edges of the zones in rising order [m]; the last one is the limit of the walk.
    weight : tuple of float
        Weight in each zone; for a bell, by which it is multiplied.
    bandwidth_m : float or None
        Standard deviation of the bell [m]; None for steps.

    Examples
    --------
    >>> zones = Decay((100.0, 200.0), (1.0, 0.5))
    >>> zones.weigh(np.array([0.0, 100.0, 100.1, 200.0, 200.1])).tolist()
    [1.0, 1.0, 0.5, 0.5, 0.0]
    """

    upto_m: tuple[float, ...]
    weight: tuple[float, ...]
    bandwidth_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no decay.

        Raises
        ------
        InputError
            If zones do not rise, weights are negative or not numbers, or the width is not over 0.
        """
        edges = np.array([0.0, *self.upto_m])
        rising = len(edges) > 1 and bool((np.diff(edges) > 0).all() and np.isfinite(edges).all())
        sound = len(self.weight) == len(self.upto_m)
        sound &= all(np.isfinite(one) and one >= 0 for one in self.weight)
        wide = self.bandwidth_m is None or (self.bandwidth_m > 0 and np.isfinite(self.bandwidth_m))
        if not (rising and sound and wide):
            raise InputError(
                f"A decay expects zones that rise from above 0 m, one weight of 0 or more for each "
                f"and a bandwidth above 0 m; found zones {self.upto_m}, weights {self.weight}, "
                f"bandwidth {self.bandwidth_m}. Correct them."
            )

    @property
    def limit_m(self) -> float:
        """Longest walk that counts [m]."""
        return self.upto_m[-1]

    def weigh(self, walk_m: FloatArray) -> FloatArray:
        """Weight of each walk [m]; 0 beyond the limit, and for a walk that is not known.

        Notes
        -----
        A walk as long as the edge of a zone belongs to the zone. Bell: exp(−d² ÷ 2σ²), cut off at
        the limit.
        """
        zone = np.searchsorted(np.array(self.upto_m), walk_m, side="left")
        weight = np.array([*self.weight, 0.0])[zone]
        if self.bandwidth_m is not None:
            bell = np.exp(-0.5 * (walk_m / self.bandwidth_m) ** 2)
            weight = np.where(weight > 0, weight * bell, 0.0)
        return np.asarray(weight, dtype=np.float64)


def known_decay(name: str, limit_m: float) -> Decay:
    """Decay of the reference table ``access_decay.csv``, stretched to a limit.

    Parameters
    ----------
    name : {"even", "stepped", "stepped_fast", "gaussian"}
        Row of the table; it tells source and confidence.
    limit_m : float
        Longest walk that counts [m].

    Raises
    ------
    InputError
        If the table has no such decay, or the limit is not above 0.

    Examples
    --------
    >>> known_decay("stepped", 1200.0)
    Decay(upto_m=(400.0, 800.0, 1200.0), weight=(1.0, 0.68, 0.22), bandwidth_m=None)
    >>> known_decay("gaussian", 1200.0).weigh(np.array([0.0, 1200.0])).round(4).tolist()
    [1.0, 0.01]
    """
    known = _zones()
    if name not in known:
        raise InputError(f"Unknown decay '{name}'. There are: {', '.join(known)}.")
    zones = known[name]
    width = zones[0]["bandwidth_share"]
    return Decay(
        tuple(round(float(zone["upto_share"]) * limit_m, 6) for zone in zones),
        tuple(float(zone["weight"] or 1) for zone in zones),
        float(width) * limit_m if width else None,
    )


def decay_names() -> tuple[str, ...]:
    """Names of the decays of the table.

    Examples
    --------
    >>> decay_names()
    ('even', 'stepped', 'stepped_fast', 'gaussian')
    """
    return tuple(_zones())


def decay_source(name: str) -> str:
    """Source of a decay of the table, with how far it can be trusted.

    Examples
    --------
    >>> decay_source("stepped").endswith("(confidence: low-medium)")
    True
    """
    first = _zones()[name][0]
    return f"{first['source']} (confidence: {first['confidence']})"


@cache
def _zones() -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Rows of each decay of the table, which is read once."""
    zones: dict[str, list[Mapping[str, str]]] = {}
    for row in read_reference("access_decay.csv").to_dict("records"):
        zones.setdefault(str(row["decay"]), []).append({str(k): str(v) for k, v in row.items()})
    return zones
