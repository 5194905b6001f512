"""Columns that many tables share, and the table of a layer, made from ``schema.csv``."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from gridmap import schema

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

metadata = MetaData(naming_convention=NAMING)

GROUND_TAGS = {
    "roads": ("access", "tunnel", "layer", "bridge", "foot", "sidewalk"),
    "landuse": ("access",),
}
"""OSM tags, beside the schema, that tell what ground is public and who walks there; files may
have them."""

_TYPES: dict[str, type[TypeEngine[Any]]] = {
    "number": Double,
    "bool": Boolean,
    "date": Date,
}


def _type(kind: str) -> TypeEngine[Any]:
    if kind == "datetime":
        return DateTime(timezone=True)
    # "24:00" is a valid end of a window and no valid time of a driver: local times stay text.
    return _TYPES.get(kind, Text)()


def _comment(column: schema.Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.labels['zh_Hans']} · {column.labels['en']}{unit}: {column.meaning}"


def geometry() -> Column[Any]:
    """Geometry in longitude and latitude."""
    return Column("geometry", Geometry("GEOMETRY", 4326, spatial_index=False))


def drawn_geometry() -> Column[Any]:
    """Geometry in EPSG:3857 for tiles, made and kept by the database."""
    return Column(
        "drawn",
        Geometry("GEOMETRY", 3857, spatial_index=False),
        Computed("st_transform(geometry, 3857)", persisted=True),
    )


def ground_tags(layer: str) -> list[Column[Any]]:
    """Tags of a layer of :data:`GROUND_TAGS`."""
    names = GROUND_TAGS[layer]
    return [Column(one, Text, comment=f"OSM tag {one}, if known.") for one in names]


def district_id() -> Column[Any]:
    """District a row belongs to; rows end with it."""
    return Column(
        "district_id", Integer, ForeignKey("districts.id", ondelete="CASCADE"), nullable=False
    )


def gid() -> Column[Any]:
    """Key of a row, given by the database."""
    return Column("gid", BigInteger, Identity(always=True))


def layer_table(name: str, *extra: Any, drawn: bool = False) -> Table:
    """Table of a layer, its columns from the schema, and further ones or constraints."""
    spec = schema.layer(name)
    own = [
        Column(one.name, _type(one.type), nullable=not one.required, comment=_comment(one))
        for one in spec.columns.values()
        if one.name not in {part.name for part in extra if isinstance(part, Column)}
    ]
    shape = [geometry()] if spec.geometry != "none" else []
    on_tiles: list[Any] = (
        [drawn_geometry(), Index(f"ix_{name}_drawn", "drawn", postgresql_using="gist")]
        if drawn
        else []
    )
    unique = [UniqueConstraint("district_id", spec.id_column)] if spec.id_column else []
    key = (
        []
        if any(isinstance(p, PrimaryKeyConstraint) for p in extra)
        else [PrimaryKeyConstraint("gid")]
    )
    first = [] if unique else [Index(f"ix_{name}_district_id", "district_id")]
    return Table(
        name,
        metadata,
        gid(),
        district_id(),
        *own,
        *shape,
        *on_tiles,
        *extra,
        *key,
        *unique,
        *([] if any(isinstance(p, Index) for p in extra) else first),
        comment=f"{spec.labels['zh_Hans']} · {spec.labels['en']}: {spec.meaning}",
    )


def result_table(name: str, *own: Any, comment: str | None = None, drawn: bool = False) -> Table:
    """Table of what was computed of a district, with a key of its own; drawn on tiles or not."""
    shape = [geometry(), drawn_geometry()] if drawn else []
    index = [Index(f"ix_{name}_drawn", "drawn", postgresql_using="gist")] if drawn else []
    key = PrimaryKeyConstraint("gid")
    return Table(name, metadata, gid(), district_id(), *own, *shape, key, *index, comment=comment)


def cell_size() -> list[Column[Any]]:
    """Area and border of a cell, measured before it is kept in degrees."""
    return [
        Column("area_m2", Double, comment="Area [m²], measured in the district's metric CRS."),
        Column("border_m", Double, comment="Length of the border [m], measured likewise."),
    ]


def community_code() -> Column[Any]:
    """Community of a row, by which row-level security limits it."""
    return Column("community_code", Text, comment="Community of the cell; row-level security.")


def cell_id() -> Column[Any]:
    """Cell a place lies in."""
    return Column("cell_id", Text, comment="Cell the place lies in; set on loading.")
