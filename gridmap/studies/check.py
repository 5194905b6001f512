"""Check a district file: what is wrong or doubtful in it, with ids and remedies."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap import schema
from gridmap.checks import check_district, open_rows
from gridmap.district import District, in_force
from gridmap.errors import InputError
from gridmap.grid.code_rules import CodeRule
from gridmap.grid.examine import Thresholds, cells_finding, examine_grid, principle_of
from gridmap.grid.principles import HOUSEHOLD_BAND, PRINCIPLES, GridQuality, describe_grid
from gridmap.grid.stability import examine_lineage, examine_versions
from gridmap.io.districts import read_layers
from gridmap.schema import Finding
from gridmap.staffing.answers import COMMUNITY, NOBODY, answer_for

_SEVERITIES = ("error", "warning", "note")
_SHAPES = {"polygon": (3, 6), "line": (1, 5), "point": (0,), "any": (0, 3, 6)}
"""Geometry types of shapely that a layer of the schema may hold."""


def check_file(
    path: str | Path, on: dt.date | None = None, *, code_rule: CodeRule | None = None
) -> list[Finding]:
    """All findings about a district file, errors first.

    Parameters
    ----------
    path : path
        District file; read as far as it can be read.
    on : date, optional
        Day whose grid is looked at, and on which cells are asked for their accountable post;
        default today.
    code_rule : CodeRule, optional
        Rule of the cell codes; default the one of those that ship which most codes follow.

    Returns
    -------
    list of Finding
        About the file, about single layers, and across layers. Rows with an error in themselves
        are left out before layers are compared, so one fault does not hide another.

    Raises
    ------
    FileFormatError
        If the file cannot be read at all.
    PersonalDataError
        If a column looks like personal data.

    Examples
    --------
    >>> import tempfile
    >>> from gridmap.io.districts import write_district
    >>> from gridmap.samples import toy_district
    >>> file = Path(tempfile.mkdtemp()) / "toy.gpkg"
    >>> write_district(toy_district(), file)
    >>> [one.rule for one in check_file(file, dt.date(2026, 3, 2))]
    ['cell_too_small', 'no_valid_from', 'community_answers']
    """
    layers, findings = read_layers(path)
    misplaced = {one.layer for one in findings if one.severity == "error"}
    sound: dict[str, Any] = {}
    for name, frame in layers.items():
        conformed, faults = schema.examine(frame, name)
        findings += faults
        if name not in misplaced and not _structural(faults):
            sound[name] = _sound_rows(conformed, name)
    if "boundary" not in layers:
        findings.append(_no_boundary(layers))
    elif "boundary" in sound and len(sound["boundary"]):
        findings += check_layers(District.of(sound), on, code_rule=code_rule)
    return sorted(findings, key=lambda one: _SEVERITIES.index(one.severity))


def check_layers(
    district: District,
    on: dt.date | None = None,
    *,
    band: tuple[float, float] = HOUSEHOLD_BAND,
    limits: Thresholds | None = None,
    code_rule: CodeRule | None = None,
) -> list[Finding]:
    """Find faults across the layers of a district, the principles of its grid included.

    Parameters
    ----------
    district : District
        District to look at.
    on : date, optional
        Day on which cells are asked for their accountable post; default today.
    band : tuple of float
        Least and most households of a basic cell [households].
    limits : Thresholds, optional
        From where on a figure of the grid is a finding.
    code_rule : CodeRule, optional
        Rule of the cell codes; default the one of those that ship which most codes follow.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = check_layers(toy_district(), dt.date(2026, 3, 2), band=(16, 80))
    >>> [(one.rule, one.ids) for one in found]
    [('no_valid_from', ('nw', 'ne', 'sw', 'se')), ('community_answers', ('ne', 'se'))]
    """
    findings = check_district(district, on)
    # Told more exactly below: whether a post of the community stands in, or nobody does.
    findings = [one for one in findings if one.rule != "no_accountable_post"]
    told = {(one.rule, one.layer) for one in findings}
    if "cells" in district and ("duplicate_code", "communities") not in told:
        grid = examine_district_grid(
            district, on, band=band, limits=limits, known=findings, code_rule=code_rule
        )
        findings += [one for one in grid.findings if (one.rule, one.layer) not in told]
    return sorted(findings, key=lambda one: _SEVERITIES.index(one.severity))


@dataclass(frozen=True, eq=False)
class GridState:
    """A grid against its principles.

    Attributes
    ----------
    quality : GridQuality
        Figures of the cells that are valid.
    findings : list of Finding
        What breaks a principle, in the order of the principles.
    unjudged : tuple of str
        Principles that nothing can be said about, because what they need is not there.
    """

    quality: GridQuality
    findings: list[Finding]
    unjudged: tuple[str, ...]


def examine_district_grid(
    district: District,
    on: dt.date | None = None,
    *,
    band: tuple[float, float] = HOUSEHOLD_BAND,
    limits: Thresholds | None = None,
    known: Sequence[Finding] | None = None,
    code_rule: CodeRule | None = None,
) -> GridState:
    """Measure the grid of a district and find what breaks the principles of its division.

    Parameters
    ----------
    district : District
        District with cells.
    on : date, optional
        Day on which cells are asked for their accountable post; default today.
    band : tuple of float
        Least and most households of a basic cell [households].
    limits : Thresholds, optional
        From where on a figure is a finding.
    known : sequence of Finding, optional
        What :func:`gridmap.checks.check_district` found; default it is asked.
    code_rule : CodeRule, optional
        Rule of the cell codes; default the one of those that ship which most codes follow.

    Raises
    ------
    MissingLayerError
        If the district has no cells.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> state = examine_district_grid(toy_district(), dt.date(2026, 3, 2), band=(16, 80))
    >>> state.quality.totals["in_band"], state.unjudged
    (4, ())
    """
    district.needs("cells")
    day = on or district.today()
    district = _as_of(district, day)
    cells = _standing(district["cells"], day)
    communities, landuse = district.communities, district["landuse"]
    quality = describe_grid(
        cells, communities, district["roads"], landuse, band=band, sites=district["sites"]
    )
    found = examine_grid(quality, cells, communities, landuse, limits=limits, code_rule=code_rule)
    across = check_district(district, on) if known is None else known
    found += [one for one in across if principle_of(one.rule)]
    found += _over_time(district) + examine_answers(district, cells, day)
    unjudged = [name for name, absent in _absent(district, quality) if absent]
    return GridState(quality, _in_order(found), tuple(unjudged))


def examine_answers(district: District, cells: pd.DataFrame, on: dt.date) -> list[Finding]:
    """Find cells that no post answers for by itself; nothing where no duty is known at all.

    Parameters
    ----------
    district : District
        District with ``duties``.
    cells : DataFrame
        Cells to ask for.
    on : date
        Local day.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> [one.rule for one in examine_answers(toy, toy["cells"], dt.date(2024, 1, 1))]
    ['nobody_answers']
    """
    if "duties" not in district:
        return []
    answers = answer_for(cells, district["duties"], on).reset_index()
    found = []
    nobody, community = (answers[answers["level"] == one] for one in (NOBODY, COMMUNITY))
    if len(nobody):
        found.append(
            cells_finding(
                "nobody_answers",
                "warning",
                nobody,
                f"every cell has one accountable post; on {on.isoformat()} nobody answers for "
                f"{len(nobody)} of {len(cells)} cells, nor for their communities",
                "Give each cell, or its community, a duty with accountable = yes.",
            )
        )
    if len(community):
        found.append(
            cells_finding(
                "community_answers",
                "note",
                community,
                f"{len(community)} of {len(cells)} cells have no accountable post of their own on "
                f"{on.isoformat()}; the post of their community answers",
                "Give each a duty with accountable = yes, unless this is meant.",
            )
        )
    return found


def _over_time(district: District) -> list[Finding]:
    """Look at versions and lineage; a district may have no past."""
    cells = district["cells"]
    if "past_cells" in district:
        cells = pd.concat([cells, district["past_cells"]], ignore_index=True)
    found = examine_versions(cells)
    if "lineage" in district:
        found += examine_lineage(district["lineage"], cells["cell_id"])
    return found


def _absent(district: District, quality: GridQuality) -> list[tuple[str, bool]]:
    return [
        ("suitable_size", not quality.totals["judged"]),
        ("follows_ground", "roads" not in district),
        ("answered_for", "duties" not in district),
        ("dedicated_whole", "landuse" not in district),
    ]


def _in_order(findings: list[Finding]) -> list[Finding]:
    """Each rule and layer once, in the order of the principles."""
    once = {(one.rule, one.layer): one for one in reversed(findings)}
    order = [rule for rules in PRINCIPLES.values() for rule in rules]
    kept = [one for one in once.values() if one.rule in order]
    return sorted(kept, key=lambda one: (order.index(one.rule), one.layer))


def _as_of(district: District, day: dt.date) -> District:
    """District with the grid of the day; as it stands, where none was in force on it."""
    try:
        return district.on(day)
    except InputError:
        return district


def _standing(cells: gpd.GeoDataFrame, day: dt.date) -> gpd.GeoDataFrame:
    """Cells in force on a day, also those whose last day is known; else those still open."""
    now = in_force(cells, day)
    return cells[now if now.any() else open_rows(cells)]


def _structural(faults: list[Finding]) -> bool:
    return any(one.rule in {"missing_column", "missing_geometry"} for one in faults)


def _sound_rows(frame: Any, name: str) -> Any:
    spec = schema.layer(name)
    keep = frame[list(spec.required)].notna().all(axis=1).to_numpy(dtype=bool, copy=True)
    if spec.id_column:
        keep &= ~frame[spec.id_column].duplicated().to_numpy(dtype=bool)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = np.asarray(frame.geometry, dtype=object)
        keep &= ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        keep &= np.isin(shapely.get_type_id(shapes), _SHAPES[spec.geometry])
        keep &= shapely.is_valid(shapes)
    return frame[keep]


def _no_boundary(layers: Mapping[str, pd.DataFrame]) -> Finding:
    return Finding(
        "missing_layer",
        "error",
        "boundary",
        (),
        f"a district needs a boundary; found {', '.join(layers) or 'no layer'}",
        "Add it: gridmap import layer DISTRICT --layer boundary FILE.",
    )
