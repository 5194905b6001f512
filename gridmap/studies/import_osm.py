"""Study: a district file from an OSM extract."""

from pathlib import Path

from gridmap.district import District
from gridmap.io.districts import write_district
from gridmap.io.osm import Account, read_osm
from gridmap.progress import Progress, silent


def import_osm(
    path: str | Path,
    out: str | Path,
    boundary: str | Path | None = None,
    admin_level: int | None = None,
    progress: Progress = silent,
) -> tuple[District, Account]:
    """Read an OSM extract and write it as a district file.

    Parameters
    ----------
    path : path
        OSM data, see :func:`gridmap.io.osm.read_osm`.
    out : path
        District file (``.gpkg``) or folder to write; it appears only when it is whole.
    boundary : path, optional
        File with the outline of the district.
    admin_level : int, optional
        OSM level of the administrative relations that make the district.
    progress : callable
        Told how far the work is.

    Returns
    -------
    district : District
        What was written.
    account : Account
        What was read, kept and dropped.

    Raises
    ------
    GridmapError
        If the file or the outline cannot be used; nothing is written then.
    """
    layers, account = read_osm(path, boundary, admin_level, progress)
    district = District.of(layers)
    write_district(district, out)
    return district, account
