"""Posts, duties, absences and rules of staffing in the database: read in scope, absences written.

Row-level security decides who may write: absences by planners within their scope, duties by
planners of the whole district (migration 0009).
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, and_, delete, exists, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from gridmap.crs import WGS84
from gridmap.errors import InputError, ScopeError, StoreError
from gridmap.schema import layer
from gridmap.store import tables as t
from gridmap.store.inserts import insert_rows, rows_of
from gridmap.store.reads import read_frame


def read_layer(
    connection: Connection, district_id: int, name: str, **among: Sequence[str]
) -> pd.DataFrame:
    """Rows of a layer of tables in scope, in the types of the schema; columns narrow them.

    Absences carry their ``absence_id``, by which they are ended.
    """
    table = t.LAYERS[name]
    wanted = [table.c[one] for one in layer(name).columns]
    wanted += [table.c.absence_id] if name == "absences" else []
    narrowed = [table.c[column].in_(list(values)) for column, values in among.items()]
    query = select(*wanted).where(table.c.district_id == district_id, *narrowed)
    rows = read_frame(connection, query.order_by(table.c.gid))
    for column in layer(name).columns.values():
        if column.type == "date":
            rows[column.name] = pd.to_datetime(rows[column.name])
        elif column.type in ("text", "id", "ref:posts"):
            rows[column.name] = rows[column.name].astype("str")
        elif column.type == "bool":
            rows[column.name] = rows[column.name].astype("boolean")
        elif column.type == "number":
            rows[column.name] = rows[column.name].astype("float64")
    return rows


def find_cell(connection: Connection, district_id: int, lon: float, lat: float) -> str | None:
    """Id of the cell in scope at a position [°]; None where there is none.

    The position is neither stored nor logged.
    """
    here = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    c = t.cells.c
    query = select(c.cell_id).where(
        c.district_id == district_id, func.ST_Intersects(c.drawn, func.ST_Transform(here, 3857))
    )
    found: str | None = connection.execute(query.order_by(c.gid).limit(1)).scalar_one_or_none()
    return found


def name_cell(connection: Connection, district_id: int, told: str) -> dict[str, Any] | None:
    """Cell in scope by its id, code or name, with its community and street; None if none is."""
    c, m = t.cells.c, t.communities.c
    for column in (c.cell_id, c.code, c.name):
        query = (
            select(c.cell_id, c.name, c.code, c.community_code, m.name.label("community"),
                   m.street_code, m.street_name)
            .join(t.communities, and_(m.district_id == c.district_id, m.code == c.community_code),
                  isouter=True)
            .where(c.district_id == district_id, column == told)
        )  # fmt: skip
        rows = connection.execute(query.limit(2)).mappings().all()
        if len(rows) == 1:
            return dict(rows[0])
    return None


def read_outlines(connection: Connection, district_id: int) -> gpd.GeoDataFrame:
    """Cells in scope with their outlines, in longitude and latitude."""
    c = t.cells.c
    rows = read_frame(
        connection,
        select(c.cell_id, c.community_code, c.name, c.households, c.population,
               func.ST_AsBinary(c.geometry).label("shape"))
        .where(c.district_id == district_id).order_by(c.gid),
    )  # fmt: skip
    shapes = shapely.from_wkb([bytes(one) for one in rows.pop("shape")])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)


def add_absence(
    connection: Connection,
    district_id: int,
    post_id: str,
    start: dt.date,
    end: dt.date | None = None,
    *,
    stand_in: str | None = None,
    reason: str | None = None,
) -> uuid.UUID:
    """Enter an absence of a post.

    Raises
    ------
    InputError
        If a post does not exist, stands in for itself, or comes back before it is away.
    ScopeError
        If the reader may not.
    """
    _check_posts(connection, district_id, post_id, stand_in)
    if end is not None and end <= start:
        raise InputError(
            f"The first day back ({end.isoformat()}) must lie after the first day away "
            f"({start.isoformat()})."
        )
    values = {
        "district_id": district_id,
        "post_id": post_id,
        "from": start,
        "to": end,
        "stand_in_post_id": stand_in,
        "reason": reason,
        "entered_at": func.now(),
        "absence_id": uuid.uuid4(),
    }
    try:
        connection.execute(insert(t.absences).inline().values(values))
    except DBAPIError as error:
        raise ScopeError(
            f"Post {post_id} is not among those whose absences you may enter."
        ) from error
    made: Any = values["absence_id"]
    return uuid.UUID(str(made))


def end_absence(
    connection: Connection, district_id: int, absence_id: uuid.UUID, back_on: dt.date
) -> None:
    """End an absence on the day the post is back; one that has not begun is removed.

    Raises
    ------
    ScopeError
        If there is no such absence that the reader may end.
    """
    mine = (t.absences.c.district_id == district_id) & (t.absences.c.absence_id == absence_id)
    changed = connection.execute(
        update(t.absences)
        .where(mine, t.absences.c["from"] < back_on)
        .values({"to": back_on, "entered_at": func.now()})
    ).rowcount
    changed += connection.execute(
        delete(t.absences).where(mine, t.absences.c["from"] >= back_on)
    ).rowcount
    if not changed:
        raise ScopeError("This absence is not among those you may end.")


def apply_duties(
    connection: Connection,
    district_id: int,
    ended: pd.DataFrame,
    fresh: pd.DataFrame,
    start: dt.date,
) -> int:
    """End accountable duties and begin new ones on a day; rows written.

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district.
    district_id : int
    ended : DataFrame
        ``post_id`` and ``cell_id`` of the duties that give way.
    fresh : DataFrame
        ``post_id``, ``cell_id`` and ``community_code`` of the new ones.
    start : date
        First day of the new duties.
    """
    d = t.duties.c
    written = 0
    for cell_id, posts in ended.groupby("cell_id")["post_id"]:
        written += connection.execute(
            update(t.duties)
            .where(
                d.district_id == district_id,
                d.cell_id == cell_id,
                d.post_id.in_(posts.tolist()),
                d.accountable.is_(True),
                d.valid_to.is_(None) | (d.valid_to > start),
            )
            .values(valid_to=start)
        ).rowcount
    rows = [
        {
            "district_id": district_id,
            "post_id": str(row["post_id"]),
            "cell_id": str(row["cell_id"]),
            "community_code": str(row["community_code"]),
            "accountable": True,
            "valid_from": start,
        }
        for row in fresh.to_dict("records")
    ]
    if rows:
        connection.execute(insert(t.duties).inline(), rows)
    return written + len(rows)


def write_roster(
    connection: Connection,
    district_id: int,
    layers: Mapping[str, pd.DataFrame],
    keys: Mapping[str, Sequence[str]],
) -> None:
    """Write rows of posts, duties and absences; a row with the key of one there replaces it.

    Parameters
    ----------
    connection : Connection
        In the scope of a planner of the whole district.
    district_id : int
    layers : mapping of str to DataFrame
        Rows to write by layer, in the columns of the schema.
    keys : mapping of str to sequence of str
        Columns that make a row of a layer the same row.

    Raises
    ------
    ScopeError
        If the reader may not; nothing is changed then.
    """
    try:
        with connection.begin_nested():
            for name in ("posts", "duties", "absences"):
                rows = layers.get(name)
                if rows is not None and len(rows):
                    _replace(connection, district_id, name, rows, list(keys[name]))
    except (DBAPIError, StoreError) as error:
        raise ScopeError(
            "Only a planner of the whole district may import a roster. Nothing was changed."
        ) from error


def _replace(
    connection: Connection, district_id: int, name: str, rows: pd.DataFrame, key: list[str]
) -> None:
    table = t.LAYERS[name]
    rows = rows.assign(district_id=district_id)
    if name == "posts":
        _change_posts(connection, rows)
        return
    old = rows_of(table, rows[["district_id", *key]])
    # Only a day may be empty in a key; what is compared with = can be hashed.
    same = [
        table.c[one].is_not_distinct_from(old.c[one])
        if one in layer(name).columns and layer(name).columns[one].type == "date"
        else table.c[one] == old.c[one]
        for one in ("district_id", *key)
    ]
    connection.execute(delete(table).where(exists().where(*same)))
    if name == "duties":
        rows = rows.assign(community_code=_communities_of(connection, district_id, rows))
    else:
        rows = rows.assign(entered_at=dt.datetime.now(dt.UTC).isoformat())
    insert_rows(connection, table, rows)


def _change_posts(connection: Connection, rows: pd.DataFrame) -> None:
    """Change the posts there are and add the others; nobody may delete one."""
    p = t.posts.c
    told = rows_of(t.posts, rows)
    facts = [one for one in layer("posts").columns if one != "post_id"]
    known = set(
        connection.scalars(
            update(t.posts)
            .where(p.district_id == told.c.district_id, p.post_id == told.c.post_id)
            .values({one: told.c[one] for one in facts})
            .returning(p.post_id)
        )
    )
    fresh = rows[~rows["post_id"].isin(list(known))]
    if len(fresh):
        insert_rows(connection, t.posts, fresh)


def _communities_of(connection: Connection, district_id: int, duties: pd.DataFrame) -> list[Any]:
    """Community of what each duty names; none for a street or the district."""
    c, m = t.cells.c, t.communities.c
    cells = connection.execute(
        select(c.cell_id, c.community_code).where(c.district_id == district_id)
    )
    belongs = {str(cell): str(community) for cell, community in cells}
    codes = connection.scalars(select(m.code).where(m.district_id == district_id))
    belongs |= {str(code): str(code) for code in codes}
    return [belongs.get(str(one)) for one in duties["cell_id"]]


def _check_posts(
    connection: Connection, district_id: int, post_id: str, stand_in: str | None
) -> None:
    asked = [one for one in (post_id, stand_in) if one]
    p = t.posts.c
    mine = select(p.post_id).where(p.district_id == district_id, p.post_id.in_(asked))
    known = set(connection.scalars(mine))
    if missing := [one for one in asked if one not in known]:
        raise InputError(
            f"The district has no post {' or '.join(missing)}. Choose one of the list."
        )
    if stand_in == post_id:
        raise InputError(f"Post {post_id} cannot stand in for itself. Choose another post.")
