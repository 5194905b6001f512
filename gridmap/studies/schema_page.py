"""The documentation page of the schema, made from ``schema.csv``."""

from gridmap import schema
from gridmap.schema import Column, Layer

_HEAD = """# Layers and columns

Made from `gridmap/schema.csv` by `scripts/schema_docs`; change the CSV, not this page.

A district file is a GeoPackage with these layers, or a folder with one GeoParquet, GeoJSON, Parquet
or CSV file for each. Any declared CRS; columns that are not listed are kept. **Bold** columns are
required. Times are ISO 8601 with zone, dates ISO 8601, local times `HH:MM`.
"""
_TABLE = "| column | type | unit | 简体 | 繁體 | meaning |\n|---|---|---|---|---|---|"


def schema_page() -> str:
    """Page in Markdown that lists every layer and column, with labels in three languages.

    Examples
    --------
    >>> page = schema_page()
    >>> "## cells" in page, "**cell_id**" in page
    (True, True)
    """
    district = [_section(schema.layer(name)) for name in schema.district_layers()]
    written = [_section(schema.layer(name)) for name in schema.OUTPUT_TABLES]
    parts = [_HEAD, *district, "# Tables that gridmap writes\n", *written]
    return "\n".join(parts)


def _section(layer: Layer) -> str:
    geometry = "no geometry" if layer.geometry == "none" else f"{layer.geometry} geometry"
    if layer.geometry == "any":
        geometry = "polygon or point geometry"
    labels = f"{layer.labels['zh_Hans']} · {layer.labels['zh_Hant']}"
    rows = "\n".join(_row(column) for column in layer.columns.values())
    return f"## {layer.name}\n\n{labels} ({geometry}). {layer.meaning}\n\n{_TABLE}\n{rows}\n"


def _row(column: Column) -> str:
    name = f"**{column.name}**" if column.required else column.name
    also = f" Also read as: {', '.join(column.aliases)}." if column.aliases else ""
    choices = f" One of: {', '.join(column.choices)}." if column.choices else ""
    meaning = (column.meaning + choices + also).replace("|", "\\|")
    hans, hant = column.labels["zh_Hans"], column.labels["zh_Hant"]
    return f"| {name} | {column.type} | {column.unit} | {hans} | {hant} | {meaning} |"
