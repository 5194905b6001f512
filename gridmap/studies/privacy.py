"""The privacy audit as a file: one row per camera, what is nested kept as JSON."""

import json
from pathlib import Path

import pandas as pd

from gridmap.io.results import read_table, write_table

FILE = "privacy.parquet"
"""Name of the file in a folder that ``gridmap cover`` wrote."""
NESTED = ("facade_by_level", "overlaps", "masks", "reasons")
"""Columns that hold lists and mappings."""
_DATES = ("in_use_on", "filed_on", "reviewed_on")


def no_audit() -> pd.DataFrame:
    """Audit of no camera.

    Examples
    --------
    >>> len(no_audit()), no_audit().columns[0]
    (0, 'camera_id')
    """
    # Measuring cameras is slow to import, and other dimensions must not wait for it.
    from gridmap.cameras.audit import COLUMNS

    return pd.DataFrame(columns=list(COLUMNS))


def write_privacy(audit: pd.DataFrame, path: Path, mark: str = "") -> None:
    """Write an audit as Parquet.

    Parameters
    ----------
    audit : DataFrame
        From :func:`gridmap.cameras.audit.audit_privacy`.
    path : Path
        File to make.
    mark : str
        What a reader must know.
    """
    flat = audit.assign(
        **{name: [json.dumps(one, ensure_ascii=False) for one in audit[name]] for name in NESTED},
        **{name: pd.to_datetime(audit[name]) for name in _DATES},
        homes_125=audit["homes_125"].astype("boolean"),
    )
    write_table(flat, path, mark)


def read_privacy(path: Path) -> pd.DataFrame:
    """Read back what :func:`write_privacy` wrote; an older folder has no such file, and no audit.

    Raises
    ------
    FileFormatError
        If the file is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from gridmap.cameras.audit import audit_privacy
    >>> from gridmap.samples import toy_district
    >>> path = Path(tempfile.mkdtemp()) / FILE
    >>> write_privacy(audit_privacy(toy_district()), path)
    >>> read_privacy(path)["reasons"][0][0]["code"]
    'no_sign'
    """
    if not path.is_file():
        return no_audit()
    flat = read_table(path)
    told = {name: [json.loads(one) for one in flat[name]] for name in NESTED}
    told["homes_125"] = [None if pd.isna(one) else bool(one) for one in flat["homes_125"]]
    return flat.assign(
        **{name: pd.Series(values, index=flat.index, dtype=object) for name, values in told.items()}
    )
