"""Measure a district in all dimensions: what ``gridmap cover`` asks for."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import pandas as pd

from gridmap import reference
from gridmap.coverage.gaps import find_gaps
from gridmap.coverage.table import gather
from gridmap.coverage.wide import measured_cells
from gridmap.district import District
from gridmap.errors import InputError
from gridmap.progress import Progress, silent
from gridmap.schema import Finding
from gridmap.services.shared_type import Sharing
from gridmap.services.travel import Travel
from gridmap.standards import NO_FACTS, Rule, evaluate_rules, shipped_rules, write_facts
from gridmap.studies.camera_cover import Watch, leave_open, shares_of
from gridmap.studies.fair_results import fairness_of
from gridmap.studies.gap_facts import know_gaps
from gridmap.studies.measuring import DIMENSIONS, Question, measure
from gridmap.studies.patrol_results import patrol_of
from gridmap.studies.people import count_people
from gridmap.studies.privacy import no_audit
from gridmap.studies.results import read_folder, write_folder
from gridmap.studies.service_results import serving_of

_YEARS = range(1900, 2200)


@dataclass(frozen=True, eq=False)
class Cover:
    """The coverage of a district at one time.

    Attributes
    ----------
    coverage : DataFrame
        The coverage table, in the columns of the schema.
    gaps : GeoDataFrame
        The gap register, with geometry in the CRS of the district.
    summary : dict
        What ``summary.json`` holds.
    cells : GeoDataFrame
        The cells with one column for each main measure, and the number of their gaps.
    service_areas, views, blind_spots, unserved : GeoDataFrame
        Ground reached from sites, seen by cameras, seen by none; people out of reach.
    cell_sites, service_curves : DataFrame
        Sites nearest to the people of each cell; people by distance, for each type.
    catchments : GeoDataFrame
        Ground of the catchment of each site, by type and kind.
    site_loads, lorenz : DataFrame
        What catchments mean for each site; how evenly access is spread, for each type.
    presence : DataFrame
        Presence of patrols by cell and slot.
    patrol_streets : GeoDataFrame
        How much of each street patrols walked.
    patrol_facts : dict
        What cleaning removed, how often fixes came, unknown duty by day, loads of beats.
    uncovered_both : GeoDataFrame
        Ground that neither a person nor a camera covers, by cell and run of windows.
    camera_streets, camera_communities : DataFrame
        Seen of every street and community, by level.
    privacy : DataFrame
        The privacy audit, one row per camera.
    standards, standards_facts : DataFrame
        Results of every rule and unit; what was known of the units.
    findings : list of Finding
        What was doubtful, and which dimensions were left out.
    at : datetime
        The moment it holds for, aware UTC.
    synthetic : tuple of str
        Layers that are made up.
    """

    coverage: pd.DataFrame
    gaps: gpd.GeoDataFrame
    summary: dict[str, Any]
    cells: gpd.GeoDataFrame
    service_areas: gpd.GeoDataFrame
    views: gpd.GeoDataFrame
    blind_spots: gpd.GeoDataFrame
    unserved: gpd.GeoDataFrame
    cell_sites: pd.DataFrame
    service_curves: pd.DataFrame
    catchments: gpd.GeoDataFrame
    site_loads: pd.DataFrame
    lorenz: pd.DataFrame
    presence: pd.DataFrame
    patrol_streets: gpd.GeoDataFrame
    patrol_facts: dict[str, Any]
    uncovered_both: gpd.GeoDataFrame
    camera_streets: pd.DataFrame
    camera_communities: pd.DataFrame
    privacy: pd.DataFrame
    standards: pd.DataFrame
    standards_facts: pd.DataFrame
    findings: list[Finding]
    at: datetime
    synthetic: tuple[str, ...]


def cover(
    district: District,
    dimensions: Sequence[str] = DIMENSIONS,
    *,
    norms: pd.DataFrame | None = None,
    rules: Sequence[Rule] | None = None,
    at: datetime | None = None,
    since: date | None = None,
    until: date | None = None,
    timezone: str | None = None,
    watch: Watch | None = None,
    travel: Travel | None = None,
    sharing: Sharing | None = None,
    progress: Progress = silent,
) -> Cover:
    """Measure the coverage of every cell, gather it in one table and register the gaps.

    Parameters
    ----------
    district : District
        With cells.
    dimensions : sequence of str
        What to measure; all of them by default, and then those whose layers are missing are left
        out with a note.
    norms : DataFrame, optional
        Service norms (:func:`gridmap.reference.read_norms`); default those that ship.
    rules : sequence of Rule, optional
        Rules of the standards (:func:`gridmap.studies.standards.rules_of`); default those that
        ship.
    at : datetime, optional
        Moment for which duties, sites and cameras are looked at; default now. Without a zone it
        is local.
    since, until : date, optional
        First and last local day of patrol; default from the first to the last shift.
    timezone : str, optional
        IANA zone of local times; default that of the district.
    watch : Watch, optional
        Which cameras count and how; default those that work, levels of 2014, sight in arcs.
    travel : Travel, optional
        How people move to the sites; default on foot, at the same speed everywhere.
    sharing : Sharing, optional
        How fair access is measured; default E2SFCA with zones.
    progress : Progress, optional
        Told of the stages.

    Raises
    ------
    MissingLayerError
        If there are no cells, or a layer of a dimension asked for by name is missing.
    InputError
        If a dimension or the time zone is unknown, the period ends before it begins, or the
        moment lies beyond 1900 to 2199.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = cover(toy_district(), ["staffing"], at=datetime(2026, 3, 2, 12))
    >>> found.summary["staffing"], found.summary["gaps"]
    ({'posts': 4, 'cells_without_accountable': 0, 'vacant': 2}, 2)
    """
    _check_dimensions(dimensions)
    district.needs("cells")
    if since and until and until < since:
        raise InputError(f"The period ends on {until}, before it begins on {since}. Swap the two.")
    district = _in_zone(district, timezone)
    moment = _moment(at, district.timezone)
    local_day = moment.astimezone(ZoneInfo(district.timezone)).date()
    district = _with_people(district.on(local_day))
    known = reference.norms() if norms is None else norms
    asked = shipped_rules() if rules is None else rules
    question = Question(
        moment, local_day, since, until, known, asked, progress, watch or Watch(), travel, sharing
    )
    lenient = set(dimensions) >= set(DIMENSIONS)
    measured, left_out = measure(district, dimensions, question, lenient=lenient)
    return _gathered(district, measured, left_out, question)


def write_cover(cover: Cover, district: District, folder: str | Path) -> list[Finding]:
    """Write everything into a folder, all of it or nothing.

    Parameters
    ----------
    cover : Cover
        From :func:`cover`.
    district : District
        The district that was measured; the map draws its streets and buildings.
    folder : path
        Where; a folder that gridmap did not write is never replaced.

    Returns
    -------
    list of Finding
        What could not be written: the map, where the browser files are not installed.

    Raises
    ------
    InputError
        If the place is taken by something else.
    """
    return write_folder(cover, district, folder)


def read_cover(folder: str | Path) -> Cover:
    """Read back what :func:`write_cover` wrote.

    Raises
    ------
    FileFormatError
        If the folder is not such a result, or a file in it is damaged.
    """
    return Cover(**read_folder(folder))


def _check_dimensions(dimensions: Sequence[str]) -> None:
    unknown = [name for name in dimensions if name not in DIMENSIONS]
    if unknown or not dimensions:
        raise InputError(
            f"Unknown dimension {', '.join(map(repr, unknown)) or '(none given)'}. There are: "
            f"{', '.join(DIMENSIONS)}, all."
        )


def _in_zone(district: District, timezone: str | None) -> District:
    if timezone is None:
        return district
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"Unknown time zone '{timezone}'; expected an IANA name such as Asia/Shanghai."
        ) from error
    return dataclasses.replace(district, timezone=timezone)


def _moment(at: datetime | None, timezone: str) -> datetime:
    if at is None:
        return datetime.now(UTC).replace(microsecond=0)
    if not _YEARS.start <= at.year < _YEARS.stop:
        raise InputError(
            f"The moment to look at lies in the year {at.year}; expected one from {_YEARS.start} "
            f"to {_YEARS.stop - 1}."
        )
    local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))
    return local.astimezone(UTC)


def _with_people(district: District) -> District:
    """District whose cells know their people where the layer population or communities do."""
    cells = district["cells"]
    totals = district["communities"]["population"].notna().any()
    if not ("population" in district or totals) or cells["population"].notna().any():
        return district
    return district.with_layers(cells=cells.assign(population=count_people(district)["population"]))


def _gathered(
    district: District, measured: dict[str, Any], left_out: list[Finding], question: Question
) -> Cover:
    cells = district["cells"]
    coverage = gather({name: one.rows for name, one in measured.items()}, cells)
    facts = know_gaps(district, measured, coverage, question.on)
    gaps = find_gaps(coverage, cells, facts)
    spots = _extra(district, measured, "cameras", "blind_spots")
    both = leave_open(coverage, spots, facts)
    findings = [one for part in measured.values() for one in getattr(part, "findings", ())]
    return Cover(
        coverage=coverage,
        gaps=gaps,
        summary=_summary(district, measured, gaps, left_out, question)
        | ({"presence_and_cameras": both["both"]} if both["both"] else {}),
        cells=measured_cells(cells, coverage, gaps),
        service_areas=_extra(district, measured, "services", "service_areas"),
        views=_extra(district, measured, "cameras", "views"),
        blind_spots=both["blind_spots"],
        uncovered_both=both["uncovered_both"],
        **shares_of(measured, question.watch),
        unserved=_extra(district, measured, "services", "unserved"),
        **serving_of(measured),
        **fairness_of(measured, district.crs),
        presence=_presence(measured),
        **patrol_of(measured, district),
        privacy=measured["cameras"].privacy if "cameras" in measured else no_audit(),
        **_judged(measured),
        findings=findings + left_out,
        at=question.at,
        synthetic=district.synthetic_layers,
    )


def _extra(district: District, measured: Mapping[str, Any], name: str, layer: str) -> Any:
    found = getattr(measured[name], layer) if name in measured else None
    return gpd.GeoDataFrame(geometry=[], crs=district.crs) if found is None else found


def _judged(measured: Mapping[str, Any]) -> dict[str, Any]:
    if "standards" not in measured:
        return {"standards": evaluate_rules((), NO_FACTS), "standards_facts": write_facts(NO_FACTS)}
    found = measured["standards"]
    return {"standards": found.results, "standards_facts": write_facts(found.facts)}


def _presence(measured: Mapping[str, Any]) -> pd.DataFrame:
    if "patrol" in measured:
        return measured["patrol"].presence
    columns = ["cell_id", "slot_start", "observed_s", "inferred_s", "visits"]
    return pd.DataFrame(columns=columns)


def _summary(
    district: District,
    measured: Mapping[str, Any],
    gaps: pd.DataFrame,
    left_out: list[Finding],
    question: Question,
) -> dict[str, Any]:
    placed = measured["services"].population if "services" in measured else None
    people = district["cells"]["population"].sum(min_count=1) if placed is None else placed
    unknown = gaps["status"] == "unknown"
    return {
        "district": district.name,
        "cells": len(district["cells"]),
        "crs": district.crs.to_string(),
        "population": None if pd.isna(people) else float(people),
        **{name: dict(one.summary) for name, one in measured.items()},
        "gaps": int((~unknown).sum()),
        "gaps_unknown": int(unknown.sum()),
        "at": question.at.isoformat(),
        "timezone": district.timezone,
        "synthetic": list(district.synthetic_layers),
        "left_out": [one.layer for one in left_out],
    }
