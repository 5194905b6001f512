"""The privacy audit in the database: one row per camera, for liaisons within their scope."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, delete, insert, select

from gridmap.store import tables as t
from gridmap.store.reads import read_frame

_MANY = 1_000


def write_privacy(connection: Connection, district_id: int, audit: pd.DataFrame | None) -> None:
    """Put an audit in place of the one before; none leaves the district without.

    Parameters
    ----------
    connection : Connection
        Of the owner.
    district_id : int
        The district, whose cameras are loaded.
    audit : DataFrame, optional
        From :func:`gridmap.cameras.audit.audit_privacy`.
    """
    connection.execute(delete(t.privacy).where(t.privacy.c.district_id == district_id))
    if audit is None or audit.empty:
        return
    written = [one.name for one in t.privacy.c if one.name in audit.columns]
    columns = {name: [_plain(one) for one in audit[name]] for name in written}
    rows: list[dict[str, Any]] = [
        {**dict(zip(columns, values, strict=True)), "district_id": district_id}
        for values in zip(*columns.values(), strict=True)
    ]
    for first in range(0, len(rows), _MANY):
        connection.execute(insert(t.privacy), rows[first : first + _MANY])


def read_audit_rows(connection: Connection, district_id: int) -> pd.DataFrame:
    """Audit of the cameras in scope, the worst first (liaisons only; others get no row).

    Returns
    -------
    DataFrame
        Columns of the table, and of the camera: operator, kind, zone, in_use_on, filed_on,
        reviewed_on, cell_id, lon and lat [°]. The caller writes the audit log.
    """
    p, c = t.privacy.c, t.cameras.c
    told = [one for one in p if one.name not in ("gid", "district_id")]
    of_camera = [
        c[name]
        for name in ("operator", "kind", "zone", "in_use_on", "filed_on", "reviewed_on", "cell_id")
    ]
    place = [c.geometry.ST_X().label("lon"), c.geometry.ST_Y().label("lat")]
    same = and_(c.district_id == p.district_id, c.camera_id == p.camera_id)
    query = select(*told, *of_camera, *place).join(t.cameras, same)
    return read_frame(connection, query.where(p.district_id == district_id).order_by(p.rank))


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return value
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
