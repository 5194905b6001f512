"""What is wrong or doubtful across the layers of a district: rule, layer, ids, remedy.

Faults inside one layer (types, missing values, geometry) are found by :func:`schema.examine`,
gaps and overlaps of cells by :func:`gridmap.grid.quality.examine_tiling`.
"""

import datetime as dt
import difflib
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import shapely

from gridmap import reference
from gridmap.district import District
from gridmap.errors import name_ids
from gridmap.schema import Finding, Severity
from gridmap.units import TILING_TOLERANCE_M2

Findings = Iterator[Finding]
_PERIODS = (
    ("cells", "valid_from", "valid_to"),
    ("sites", "opened_on", "closed_on"),
    ("duties", "valid_from", "valid_to"),
    ("shifts", "start", "end"),
)
_OUTSIDE: dict[str, Severity] = {
    "communities": "warning",
    "sites": "warning",
    "cameras": "warning",
    "roads": "note",
    "buildings": "note",
    "landuse": "note",
    "population": "note",
    "fixes": "note",
}
_SEVERITIES = ("error", "warning", "note")


def check_district(district: District, on: dt.date | None = None) -> list[Finding]:
    """Find what is wrong across the layers of a district, errors first.

    Parameters
    ----------
    district : District
        District to look at.
    on : date, optional
        Day on which cells are asked for their accountable post; default today in the district.

    Returns
    -------
    list of Finding
        Each names the rule, the layer, all ids concerned, what was found and what to do.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = check_district(toy_district(), dt.date(2026, 3, 2))
    >>> [(one.rule, one.severity, one.ids) for one in found]
    [('no_accountable_post', 'note', ('ne', 'se'))]
    """
    day = on or district.today()
    findings = [one for rule in RULES for one in rule(district)]
    findings += _accountability(district, day)
    return sorted(findings, key=lambda one: _SEVERITIES.index(one.severity))


def open_rows(frame: pd.DataFrame, start: str = "valid_from", end: str = "valid_to") -> pd.Series:
    """Mask of the rows that are still valid: without an end, or all if every row has ended.

    Examples
    --------
    >>> cells = pd.DataFrame({"valid_from": [pd.NaT] * 2, "valid_to": [pd.Timestamp(0), pd.NaT]})
    >>> open_rows(cells).tolist()
    [False, True]
    """
    still = frame[end].isna() | (frame[end] > frame[start].max())
    return still if still.any() else pd.Series(True, index=frame.index)


def _periods(district: District) -> Findings:
    for layer, start, end in _PERIODS:
        frame = district[layer]
        ends_first = frame[end] < frame[start]
        if ends_first.any():
            yield Finding(
                "ends_before_it_begins",
                "error",
                layer,
                _names(layer, frame[ends_first]),
                f"{end} must not lie before {start}; it does in {int(ends_first.sum())} rows",
                "Correct one of the two, or leave the end empty.",
            )


def _community_codes(district: District) -> Findings:
    communities, cells = district.communities, district["cells"]
    if (doubled := communities["code"].duplicated(keep=False)).any():
        yield Finding(
            "duplicate_code",
            "error",
            "communities",
            tuple(communities["code"][doubled].unique()),
            f"community codes must be unique, {int(doubled.sum())} rows share one",
            "Give each community its own code, or merge the parts into one multipolygon.",
        )
    for layer, frame in (("cells", cells), ("premises", district["premises"])):
        past = district["past_communities"]["code"] if layer == "premises" else ()
        stray = ~frame["community_code"].isin([*communities["code"], *past])
        if stray.any():
            codes = frame["community_code"][stray]
            yield Finding(
                "unknown_community",
                "error",
                layer,
                _names(layer, frame[stray]),
                f"community_code names no community: {name_ids(codes.unique())}"
                + _nearest(str(codes.iloc[0]), communities["code"]),
                "Correct the code, or add the community.",
            )


def _cell_codes(district: District) -> Findings:
    cells = district["cells"][lambda rows: open_rows(rows) & rows["code"].notna()]
    if (doubled := cells["code"].duplicated(keep=False)).any():
        yield Finding(
            "duplicate_code",
            "error",
            "cells",
            tuple(cells["cell_id"][doubled]),
            f"cell codes must be unique among valid cells, {int(doubled.sum())} cells share one",
            "Give each cell its own serial number.",
        )
    coded = cells["code"].str.fullmatch(r"\d{15,}").astype(bool)
    coded &= cells["community_code"].str.fullmatch(r"\d{12}").astype(bool)
    foreign = coded & (cells["code"].str[:12] != cells["community_code"])
    if foreign.any():
        yield Finding(
            "code_of_another_community",
            "warning",
            "cells",
            tuple(cells["cell_id"][foreign]),
            "the first 12 digits of a cell code are its community code; here they differ",
            "Correct the code or the community_code.",
        )


def _community_overlaps(district: District) -> Findings:
    communities = district["communities"]
    shapes = communities.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    over = shared_m2 > TILING_TOLERANCE_M2
    if over.any():
        rows = np.unique(np.concatenate([one[over], other[over]]))
        yield Finding(
            "communities_overlap",
            "warning",
            "communities",
            tuple(communities["code"].iloc[rows]),
            f"communities share no ground; {shared_m2[over].sum():.1f} m² belong to two",
            "Correct the borders; what lies there would count for both.",
        )


def _duties(district: District) -> Findings:
    duties, posts, cells = district["duties"], district["posts"], district["cells"]
    if (stray := ~duties["post_id"].isin(posts["post_id"])).any():
        yield Finding(
            "unknown_post",
            "error",
            "duties",
            tuple(duties["post_id"][stray].unique()),
            f"{int(stray.sum())} duties name a post that is not in layer 'posts'"
            + _nearest(str(duties["post_id"][stray].iloc[0]), posts["post_id"]),
            "Add the post, or correct post_id.",
        )
    if cells.empty:
        return
    past = (district["past_cells"]["cell_id"], district["past_communities"]["code"])
    known = pd.concat([cells["cell_id"], district.communities["code"], *past])
    # A duty may also name the street or the whole district, which answer where nobody nearer does.
    above = (district.communities["street_code"].dropna(), district["boundary"]["code"].dropna())
    known = pd.concat([known, *above])
    if (stray := ~duties["cell_id"].isin(known)).any():
        yield _unknown_cell("duties", duties[stray], known)
    together = accountable_together(duties, cells)
    if together:
        yield Finding(
            "two_accountable_posts",
            "warning",
            "duties",
            tuple(together),
            f"one post answers for a cell on any day; {len(together)} cells have two at once",
            "End one duty (valid_to) on the day the other begins (valid_from).",
        )


def accountable_together(duties: pd.DataFrame, cells: pd.DataFrame) -> list[str]:
    """Cells for which two posts are accountable on some day."""
    answers = duties[duties["accountable"].fillna(False) & duties["cell_id"].isin(cells["cell_id"])]
    answers = answers.assign(
        start=answers["valid_from"].fillna(pd.Timestamp.min.as_unit("us").ceil("D")),
        end=answers["valid_to"].fillna(pd.Timestamp.max.as_unit("us").floor("D")),
    )
    pairs = answers.merge(answers, on="cell_id", suffixes=("", "_other"))
    both = (pairs["start"] < pairs["end_other"]) & (pairs["start_other"] < pairs["end"])
    return sorted(pairs["cell_id"][both & (pairs["post_id"] < pairs["post_id_other"])].unique())


def _accountability(district: District, day: dt.date) -> Findings:
    duties, cells = district["duties"], district["cells"]
    if duties.empty or cells.empty:
        return
    today = pd.Timestamp(day)
    began = duties["valid_from"].isna() | (duties["valid_from"] <= today)
    runs = duties["valid_to"].isna() | (duties["valid_to"] > today)
    answered = duties["cell_id"][duties["accountable"].fillna(False) & began & runs]
    vacant = open_rows(cells) & ~cells["cell_id"].isin(answered)
    if vacant.any():
        yield Finding(
            "no_accountable_post",
            "note",
            "cells",
            tuple(cells["cell_id"][vacant]),
            f"{int(vacant.sum())} of {len(cells)} cells have no accountable post of their own on "
            f"{day.isoformat()}",
            "Give each a duty with accountable = yes, unless its community's post is meant.",
        )


def _requirements(district: District) -> Findings:
    wanted = district["requirements"]
    named = wanted["window"] + " of " + wanted["cell_id"]
    weekdays = wanted["weekdays"].dropna()
    odd = weekdays[~weekdays.str.fullmatch(r"[1-7]+").astype(bool)]
    if not odd.empty:
        yield Finding(
            "unreadable_weekdays",
            "error",
            "requirements",
            tuple(named[odd.index]),
            f"weekdays are digits from 1 (Monday) to 7, such as 12345; found {name_ids(odd)}",
            "Correct them, or leave them empty for every day.",
        )
    idle = wanted[["visits", "minutes", "max_freshness_min"]].fillna(0).le(0).all(axis=1)
    if idle.any():
        yield Finding(
            "nothing_required",
            "warning",
            "requirements",
            tuple(named[idle]),
            "a requirement asks for visits, minutes or max_freshness_min; these ask for none",
            "Fill in one of the three, or remove the row.",
        )
    known = pd.concat([district["cells"]["cell_id"], district["past_cells"]["cell_id"]])
    stray = (wanted["cell_id"] != "*") & ~wanted["cell_id"].isin(known)
    if stray.any() and not known.empty:
        yield _unknown_cell("requirements", wanted[stray], known)


def _fixes(district: District) -> Findings:
    fixes, shifts = district["fixes"], district["shifts"].set_index("shift_id")
    stray = ~fixes["shift_id"].isin(shifts.index)
    if stray.any():
        yield Finding(
            "unknown_shift",
            "error",
            "fixes",
            tuple(fixes["shift_id"][stray].unique()),
            f"{int(stray.sum())} fixes name a shift that is not in layer 'shifts'",
            "Add the shift, or remove the fixes; a position outside a shift may not be kept.",
        )
    times = shifts[["start", "end"]].reindex(fixes["shift_id"]).set_index(fixes.index)
    off = ~stray & ((fixes["time"] < times["start"]) | (fixes["time"] > times["end"]))
    if off.any():
        yield Finding(
            "fix_outside_shift",
            "error",
            "fixes",
            tuple(fixes["shift_id"][off].unique()),
            f"{int(off.sum())} fixes lie before the start or after the end of their shift",
            "Remove them; a position outside a shift may not be kept.",
        )


def _site_types(district: District) -> Findings:
    sites, known = district["sites"], reference.site_types()["type"]
    stray = ~sites["type"].isin(known)
    for found, rows in sites[stray].groupby("type"):
        yield Finding(
            "unknown_site_type",
            "warning",
            "sites",
            tuple(rows["site_id"]),
            f"'{found}' is no site type" + _nearest(str(found), known),
            "Use a code of site_types.csv, or give the type a norm of its own with --norms.",
        )


def _cameras(district: District) -> Findings:
    cameras, buildings = district["cameras"], district["buildings"]
    if cameras.empty or buildings.empty:
        return
    inside, _ = buildings.sindex.query(cameras.geometry, predicate="within")
    walled = cameras["camera_id"].iloc[np.unique(inside)]
    if len(walled):
        yield Finding(
            "camera_inside_building",
            "warning",
            "cameras",
            tuple(walled),
            f"{len(walled)} of {len(cameras)} cameras stand inside a building footprint",
            "Move them to the wall they hang on, or mark them zone = indoor.",
        )


def _outside(district: District) -> Findings:
    outline = district["boundary"]
    for layer, severity in _OUTSIDE.items():
        frame = district[layer]
        if frame.empty:
            continue
        met = _meets(frame, outline)
        if not met.all():
            yield Finding(
                "outside_boundary",
                severity,
                layer,
                _names(layer, frame[~met]),
                f"{int((~met).sum())} of {len(frame)} rows lie wholly outside the boundary",
                "Clip the layer to the district, or check its CRS and datum.",
            )


def _meets(frame: pd.DataFrame, outline: pd.DataFrame) -> np.ndarray:
    rows, _ = outline.sindex.query(frame.geometry, predicate="intersects")
    met = np.zeros(len(frame), dtype=bool)
    met[rows] = True
    return met


def _unknown_cell(layer: str, rows: pd.DataFrame, known: pd.Series) -> Finding:
    ids = rows["cell_id"].unique()
    return Finding(
        "unknown_cell",
        "error",
        layer,
        tuple(ids),
        f"{len(rows)} rows name a cell that is not in layer 'cells'" + _nearest(str(ids[0]), known),
        "Correct cell_id, or add the cell.",
    )


def _nearest(found: str, known: pd.Series) -> str:
    near = difflib.get_close_matches(found, [str(one) for one in known.unique()[:5000]], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _names(layer: str, frame: pd.DataFrame) -> tuple[str, ...]:
    column = {
        "cells": "cell_id",
        "communities": "code",
        "sites": "site_id",
        "cameras": "camera_id",
        "shifts": "shift_id",
        "premises": "community_code",
    }.get(layer)
    if column:
        return tuple(frame[column])
    if layer == "duties":
        return tuple(frame["post_id"] + " for " + frame["cell_id"])
    return tuple(f"row {n + 1}" for n in frame.index)


RULES: tuple[Callable[[District], Findings], ...] = (
    _periods,
    _community_codes,
    _cell_codes,
    _community_overlaps,
    _duties,
    _requirements,
    _fixes,
    _site_types,
    _cameras,
    _outside,
)
"""Rules that look at a district as it stands, whatever the day."""
