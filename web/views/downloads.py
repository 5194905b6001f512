"""Files that pages hand out."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response

TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "gpkg": "application/geopackage+sqlite3",
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media type of each kind of file, by the ending of its name."""
SYNTHETIC = "synthetic_layers"
"""Column of a file that names what is made up in its district."""
_MARK = "\ufeff"


def hand_out(content: str | bytes, name: str) -> Response:
    """Answer with a file to be saved.

    Parameters
    ----------
    content : str or bytes
        CSV text gets the mark by which spreadsheets know UTF-8, where it has none yet.
    name : str
        Name of the file; its ending is one of :data:`TYPES`.
    """
    kind = name.rpartition(".")[2]
    if kind == "csv" and isinstance(content, str):
        content = _MARK + content.removeprefix(_MARK)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=TYPES[kind], headers=headers)


def write_csv(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], synthetic: Sequence[str]
) -> str:
    """CSV in which every row names the synthetic layers of its district.

    Examples
    --------
    >>> write_csv([{"cell_id": "a"}], ["cell_id"], ["posts", "sites"]).splitlines()
    ['cell_id,synthetic_layers', 'a,posts; sites']
    """
    file = io.StringIO()
    writer = csv.DictWriter(file, [*columns, SYNTHETIC])
    writer.writeheader()
    writer.writerows(with_synthetic(rows, synthetic))
    return file.getvalue()


def with_synthetic(
    rows: Iterable[Mapping[str, Any]], synthetic: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows with the names of the synthetic layers of their district."""
    told = "; ".join(synthetic)
    return [{**row, SYNTHETIC: told} for row in rows]
