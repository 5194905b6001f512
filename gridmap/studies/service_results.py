"""What the services dimension leaves beside its rows: sites of each cell, and curves for charts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gridmap.io.results import read_table, write_table
from gridmap.services.serving import empty_curves, empty_serving

FILES: Mapping[str, str] = {
    "cell_sites": "cell_sites.parquet",
    "service_curves": "service_curves.parquet",
}
"""Tables by name, and the file of each in a folder of results."""
SITES_FILE = "service_sites.gpkg"
"""Sites of the district, in a folder of results."""

STORED = ("unserved", "cell_sites", "service_curves", "catchments", "site_loads")
"""What the database keeps of services beside coverage and service areas."""


def stored_results(cover: Any) -> dict[str, Any]:
    """Tables of :data:`STORED`, as :func:`gridmap.store.load.load_district` takes them.

    Lorenz curves go among the curves, as ``lorenz.e2sfca``.
    """
    lorenz = cover.lorenz.rename(columns={"people_share": "x", "value_share": "y"})
    curves = [cover.service_curves, lorenz.assign(curve="lorenz.e2sfca")]
    whole = pd.concat([one for one in curves if len(one)] or curves[:1], ignore_index=True)
    return {name: getattr(cover, name) for name in STORED} | {"service_curves": whole}


def serving_of(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of :data:`FILES` as the services dimension measured them; empty where it did not."""
    if "services" not in measured:
        return {"cell_sites": empty_serving(), "service_curves": empty_curves()}
    found = measured["services"]
    return {"cell_sites": found.cell_sites, "service_curves": found.curves}


def write_serving(cover: Any, folder: Path, mark: str) -> None:
    """Write the tables of :data:`FILES` into a folder of results."""
    for name, file in FILES.items():
        write_table(getattr(cover, name), folder / file, mark)


def read_serving(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of :data:`FILES`; empty ones from a folder that was written without them."""
    none = {"cell_sites": empty_serving(), "service_curves": empty_curves()}
    return {
        name: read_table(folder / file) if (folder / file).exists() else none[name]
        for name, file in FILES.items()
    }
