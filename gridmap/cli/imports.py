"""Commands: import layer, import cameras, import osm."""

import argparse
from typing import Any

from gridmap import schema
from gridmap.cli import osm
from gridmap.datums import DATUMS
from gridmap.errors import InputError


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap import`` with its kinds of input."""
    imports = commands.add_parser("import", help="bring layers into a district file")
    kinds = imports.add_subparsers(metavar="WHAT", required=True)
    osm.register(kinds)
    layer = kinds.add_parser(
        "layer",
        help="one layer from GeoPackage, GeoJSON, zipped Shapefile, GeoParquet, CSV or XLSX",
        description="Replaces that layer of the district; nothing is written if the file has "
        "faults. Columns that look like personal data are refused.",
    )
    layer.add_argument("district", metavar="DISTRICT", help="district file (.gpkg or folder)")
    layer.add_argument("file", metavar="FILE")
    layer.add_argument("--layer", required=True, choices=schema.district_layers(), metavar="NAME")
    layer.add_argument("--datum", choices=DATUMS, help="datum of degrees; kept in WGS 84")
    layer.add_argument("--crs", metavar="EPSG:n", help="CRS of coordinates that declare none")
    layer.add_argument(
        "--rename", nargs="+", action="extend", default=[], metavar="OLD=NEW", help="columns"
    )
    layer.add_argument("--from-layer", metavar="NAME", help="layer or sheet, if there are several")
    layer.add_argument(
        "--boundary", action="store_true", help="the outline also becomes a new boundary"
    )
    for told in ("source", "licence", "dated"):
        layer.add_argument(f"--{told}", metavar="TEXT", help="kept in the layer 'provenance'")
    layer.set_defaults(run=run_layer)
    _register_cameras(kinds)


def _register_cameras(kinds: "argparse._SubParsersAction[Any]") -> None:
    cameras = kinds.add_parser(
        "cameras",
        help="cameras from a GB/T 28181 catalogue or a table to fill in",
        description="Replaces the cameras of the district; nothing is written if a row has faults. "
        "Addresses, accounts and passwords are dropped and never stored.",
    )
    cameras.add_argument("district", metavar="DISTRICT", nargs="?", help="district file or folder")
    cameras.add_argument("file", metavar="FILE", nargs="?", help="CSV, XLSX; of a catalogue, XML")
    cameras.add_argument("--format", choices=("28181", "table"), default="table")
    cameras.add_argument("--datum", choices=DATUMS, help="datum of degrees; kept in WGS 84")
    cameras.add_argument("--skip-bad-rows", action="store_true", help="leave rows with faults out")
    cameras.add_argument("--template", metavar="FILE", help="write a table to fill in (XLSX, CSV)")
    for told in ("source", "licence", "dated"):
        cameras.add_argument(f"--{told}", metavar="TEXT", help="kept in the layer 'provenance'")
    cameras.set_defaults(run=run_cameras)


def run_cameras(told: argparse.Namespace) -> int:
    """Import cameras and print the account, or write the template."""
    if told.template:
        from gridmap.io.cameras import write_camera_template

        write_camera_template(told.template)
        print(f"Template written to {told.template}. Row 5 is an example and is not read back.")
        return 0
    if not told.district or not told.file:
        raise InputError(
            "Expected DISTRICT and FILE, or --template FILE to get a table to fill in."
        )
    from gridmap.studies.import_cameras import import_cameras

    account = import_cameras(
        told.district,
        told.file,
        form=told.format,
        datum=told.datum,
        skip_bad_rows=told.skip_bad_rows,
        provenance={name: getattr(told, name) for name in ("source", "licence", "dated")},
    )
    print("\n".join(account.lines()[0 if account.dated else 1 :]))
    print(f"next     gridmap check {told.district}")
    return 0


def run_layer(told: argparse.Namespace) -> int:
    """Import the layer and print the account."""
    from gridmap.studies.import_layer import import_layer

    account = import_layer(
        told.district,
        told.layer,
        told.file,
        datum=told.datum,
        renames=read_renames(told.rename),
        crs=told.crs,
        as_boundary=told.boundary,
        source_layer=told.from_layer,
        provenance={name: getattr(told, name) for name in ("source", "licence", "dated")},
    )
    print("\n".join(account.lines()[0 if account.dated else 1 :]))
    print(f"next     gridmap check {told.district}")
    return 0


def read_renames(pairs: list[str]) -> dict[str, str]:
    """Read the renames told on the command line.

    Raises
    ------
    InputError
        If one is not of the form OLD=NEW.

    Examples
    --------
    >>> read_renames(["编号=site_id", "a=b"])
    {'编号': 'site_id', 'a': 'b'}
    """
    parts = [pair.rpartition("=") for pair in pairs]
    if wrong := [pair for pair, part in zip(pairs, parts, strict=True) if not all(part)]:
        raise InputError(f"--rename expects OLD=NEW, found {', '.join(wrong)}.")
    return {old: new for old, _, new in parts}
