"""From the lattice to metres: uneven lines, meanders, rounded corners, slow waves."""

from collections.abc import Callable

import numpy as np

from gridmap.synthesis.city.plan import MACRO, Barrier, CityPlan, Floats

Bend = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Metres east and north of places of the lattice."""

ROUNDNESS = 0.5
_UNEVEN_SHARE = 0.17
_NARROWEST = 0.55
_MEANDER = 0.045
_MEANDER_REACH = 0.28
_LARGEST_TURN = 0.2
_LOBE = 0.035
_STEEPNESS = ((0.9, 0.13), (0.35, 0.13), (0.13, 0.09), (0.045, 0.06))
"""Wavelength in sides of the city, and how far a wave bends its lines (2π · amplitude ÷ length)."""


def bend_lattice(plan: CityPlan, rng: np.random.Generator) -> Bend:
    """How the lattice of a city is bent.

    Notes
    -----
    Lines are unevenly spaced, rivers meander (and the lines beside them), the square's corners are
    drawn in by x·√(1 − ρy²/2), y·√(1 − ρx²/2), and waves of several lengths bend the rest. All
    steps are so gentle that no block is folded.
    """
    lines = [_uneven(plan, axis, rng) for axis in (0, 1)]
    # Lines of the first table run from south to north, as barriers of axis 1 do.
    meanders = [
        (one, 2 * lines[1 - one.axis][one.line * plan.size // MACRO] - 1,
         rng.uniform(0, 2 * np.pi, 2))
        for one in plan.barriers
    ]  # fmt: skip
    waves = _draw_waves(rng)
    lobes = rng.uniform(0, 2 * np.pi, 4)
    turn = rng.uniform(-_LARGEST_TURN, _LARGEST_TURN)
    half_m = plan.side_m / 2

    def bend(i: Floats, j: Floats) -> tuple[Floats, Floats]:
        x, y = (2 * np.interp(one, np.arange(plan.size + 1), line) - 1
                for one, line in zip((i, j), lines, strict=True))  # fmt: skip
        for barrier, own, phase in meanders:
            x, y = _meander(barrier, own, phase, x, y)
        x, y = (
            x * np.sqrt(1 - ROUNDNESS * y**2 / 2),
            y * np.sqrt(1 - ROUNDNESS * x**2 / 2),
        )
        x, y = _lobes(x, y, lobes)
        x, y = _wave(x, y, waves)
        return (
            half_m * (x * np.cos(turn) - y * np.sin(turn)),
            half_m * (x * np.sin(turn) + y * np.cos(turn)),
        )

    return bend


def _uneven(plan: CityPlan, axis: int, rng: np.random.Generator) -> Floats:
    """Places of the lines of one axis [0-1], each half-way line moved off the middle."""
    lines = np.array([0.0, 1.0])
    for level in range(plan.depth):
        share = _UNEVEN_SHARE * (0.4 if level < 3 else 1.0)
        middle = lines[:-1] + np.diff(lines) * (0.5 + rng.uniform(-share, share, len(lines) - 1))
        lines = np.insert(lines, np.arange(1, len(lines)), middle)
    gaps = np.maximum(np.diff(lines), _NARROWEST / plan.size)
    lines = np.r_[0.0, np.cumsum(gaps / gaps.sum())]
    # A river pushes the lines beside it away by half its width, so that banks keep their ground.
    opened = lines.copy()
    for barrier in plan.barriers:
        if barrier.axis != axis:
            own = barrier.line * plan.size // MACRO
            opened += np.sign(np.arange(plan.size + 1) - own) * barrier.half_width_m / plan.side_m
    return np.asarray((opened - opened[0]) / (opened[-1] - opened[0]))


def _meander(
    barrier: Barrier, own: float, phase: Floats, x: Floats, y: Floats
) -> tuple[Floats, Floats]:
    """Swing the lines beside a barrier, whose own line lies at ``own``, to and fro."""
    across, along = (x, y) if barrier.axis == 1 else (y, x)
    depth = _MEANDER * (0.25 if barrier.kind == "railway" else 1.0)
    swing = np.sin(2.1 * np.pi * along + phase[0]) + 0.35 * np.sin(5.3 * np.pi * along + phase[1])
    moved = across + depth * swing * np.exp(-(((across - own) / _MEANDER_REACH) ** 2))
    return (moved, y) if barrier.axis == 1 else (x, moved)


def _draw_waves(rng: np.random.Generator) -> Floats:
    """Waves as rows: across, up, phase, and how far they move a place east and north."""
    rows = []
    for length, steepness in _STEEPNESS:
        heading = rng.uniform(0, np.pi) + np.array([0, np.pi / 3, 2 * np.pi / 3])
        number = 2 * np.pi / (2 * length) * rng.uniform(0.8, 1.25, 3)
        pushed = heading + np.pi / 2 + rng.uniform(-0.5, 0.5, 3)
        size = steepness / number / 3
        rows.append(
            np.column_stack(
                [number * np.cos(heading), number * np.sin(heading), rng.uniform(0, 2 * np.pi, 3),
                 size * np.cos(pushed), size * np.sin(pushed)]
            )
        )  # fmt: skip
    return np.vstack(rows)


def _wave(x: Floats, y: Floats, waves: Floats) -> tuple[Floats, Floats]:
    east, north = x.copy(), y.copy()
    for across, up, phase, push_x, push_y in waves:
        swing = np.sin(across * x + up * y + phase)
        east += push_x * swing
        north += push_y * swing
    return east, north


def _lobes(x: Floats, y: Floats, phases: Floats) -> tuple[Floats, Floats]:
    """Let the border of the city run in and out; the middle stays."""
    angle, far = np.arctan2(y, x), np.hypot(x, y) ** 3
    swing = sum(np.cos(k * angle + phase) for k, phase in enumerate(phases, start=2))
    grown = 1 + _LOBE * far * swing
    return x * grown, y * grown
