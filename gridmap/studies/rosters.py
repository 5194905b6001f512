"""Rosters in and out of a district: the template, the import, the list of duties."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pandas as pd

from gridmap.district import District
from gridmap.errors import InputError
from gridmap.io.districts import read_district, write_district
from gridmap.io.files import check_output, replacing
from gridmap.io.roster_template import SHEETS, write_template
from gridmap.io.rosters import RowError, merge_rows, read_roster, require_faultless

ROLES = (
    *("grid_head", "community_head", "grid_member", "police", "guard", "coordinator", "medic"),
    *("volunteer_lead", "fire_warden", "sanitation", "maintenance"),
)
"""Roles that a template offers beside those of the district."""


@dataclass(frozen=True)
class RosterAccount:
    """What an import of a roster did.

    Attributes
    ----------
    rows : dict of str to (int, int)
        Rows read and rows there are now, by layer.
    errors : tuple of RowError
        What was left out, where that was asked for.
    """

    rows: dict[str, tuple[int, int]]
    errors: tuple[RowError, ...] = ()


def template_for(
    target: str | Path | BytesIO, district: District | None = None, *, filled: bool = False
) -> None:
    """Write the workbook of rosters, with the places, posts and roles of a district to choose.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> target = BytesIO()
    >>> template_for(target, toy_district())
    >>> target.getvalue()[:2]
    b'PK'
    """
    if district is None:
        write_template(target, roles=ROLES)
        return
    posts = district["posts"]
    write_template(
        target,
        places=places_of(district),
        posts=posts["post_id"],
        roles={*ROLES, *posts["role"]},
        filled={name: district[name] for name in SHEETS} if filled else None,
    )


def places_of(district: District) -> list[str]:
    """List what duties may name: cells, communities, streets, the district.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> places_of(toy_district())[3:]
    ['se', '110101001001', '110101001002', '110101001', '110101']
    """
    communities = district.communities
    told = pd.concat(
        [
            district["cells"]["cell_id"],
            communities["code"],
            communities["street_code"],
            district["boundary"]["code"],
        ]
    )
    return [str(one) for one in told.dropna().unique()]


def import_roster(
    place: str | Path,
    file: str | Path,
    *,
    output: str | Path | None = None,
    replace: bool = False,
    skip_bad_rows: bool = False,
) -> RosterAccount:
    """Bring a workbook of posts, duties and absences into a district file.

    Parameters
    ----------
    place : path
        District file.
    file : path
        Workbook, as the template is.
    output : path, optional
        Where the district is written; default in its place.
    replace : bool
        Whether the rows of a sheet replace the layer; default they are added, a row with the
        same key (post; post, cell and first day) being replaced.
    skip_bad_rows : bool
        Whether the rows without errors are imported where others have some.

    Raises
    ------
    InputError
        If a row has errors; the message lists all of them, and nothing is written.
    FileFormatError, PersonalDataError
        As :func:`gridmap.io.rosters.read_roster`.
    """
    check_output(output or place)
    district = read_district(place)
    roster = read_roster(
        file, known_posts=district["posts"]["post_id"], known_places=places_of(district)
    )
    if not skip_bad_rows:
        require_faultless(roster)
    changed, rows = {}, {}
    for name, new in roster.layers.items():
        if new.empty:
            continue
        old = district[name]
        changed[name] = new if replace else merge_rows(old, new, name)
        rows[name] = (len(new), len(changed[name]))
    if not changed:
        raise InputError("The workbook has no row to import. Fill it in below the example.")
    write_district(district.with_layers(**changed), output or place)
    return RosterAccount(rows, tuple(roster.errors))


def write_duties(duties: pd.DataFrame, target: str | Path) -> None:
    """Write a list of duties as ``.csv`` or ``.xlsx``.

    Raises
    ------
    InputError
        If the name ends otherwise.
    """
    place = Path(target)
    if place.suffix.lower() == ".xlsx":
        write_template(place, filled={"duties": duties})
    elif place.suffix.lower() == ".csv":
        with replacing(place) as beside:
            duties.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\n")
    else:
        raise InputError(f"Duties are written as .csv or .xlsx; found '{place.name}'.")
