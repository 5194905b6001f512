"""Files as such: written beside and renamed, bounded in size, and what their name says."""

import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gridmap.errors import FileFormatError, InputError

Kind = Literal["gpkg", "geojson", "shapefile", "parquet", "csv", "xlsx"]
SIZE_LIMIT_VARIABLE = "GRIDMAP_MAX_UPLOAD_BYTES"
DEFAULT_SIZE_LIMIT = 2 * 1024**3
"""Largest file [bytes] that is read where the variable above does not say otherwise."""
UNPACKED_RATIO = 200
"""An archive that grows by more than this factor, beyond 64 MiB, is taken for a trap."""
UNPACKED_FREE = 64 * 1024**2
GEOPACKAGE_VERSION = "1.3"
"""Version that is written: programs of the last years read it without a warning."""
MARKER = ".gridmap"
"""File that marks a folder as written by gridmap, so that it may be replaced."""

_KINDS: dict[str, Kind] = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".zip": "shapefile",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".csv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
}
_OLE_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_ZIP_MAGIC = b"PK\x03\x04"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Write a file or folder beside its place; it takes the place only if the block succeeds.

    Parameters
    ----------
    path : str or Path
        Where the output is to be. Missing parent folders are made.

    Yields
    ------
    Path
        A path in the same folder that does not exist yet: create a file or a folder there.

    Raises
    ------
    InputError
        If the place is taken by something gridmap may not replace: a folder that gridmap did
        not write, a file where a folder is due, or a folder where a file is due; or if nothing
        can be written there.

    Notes
    -----
    Until the final rename the old output stays untouched; after a failure nothing is left of
    the new one. A folder is marked with a file ``.gridmap``, and only such a folder, or an
    empty one, is ever replaced.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "out.txt"
    >>> with replacing(place) as part:
    ...     _ = part.write_text("done")
    >>> place.read_text(), len(list(place.parent.iterdir()))
    ('done', 1)
    """
    place = Path(path)
    check_output(place)
    stem = f".{place.stem}.{secrets.token_hex(4)}"
    part = place.with_name(stem + place.suffix)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        part.rmdir()
    except OSError as error:
        raise _not_writable(place.parent, str(error.strerror)) from error
    try:
        yield part
        _take_place(part, place)
    finally:
        for rest in place.parent.glob(f"{stem}*"):
            _remove(rest)


def check_output(path: str | Path) -> None:
    """Refuse a place for output that cannot be, before any work is done for it.

    Parameters
    ----------
    path : str or Path
        Where a file or folder is to be; its parent folders may be absent.

    Raises
    ------
    InputError
        If a folder is there that gridmap did not write, or nothing can be written there.
    """
    place = Path(path)
    _refuse_foreign_folder(place)
    ground = next(one for one in place.absolute().parents if one.exists())
    if not ground.is_dir():
        raise _not_writable(ground, "it is a file")
    if not os.access(ground, os.W_OK | os.X_OK):
        raise _not_writable(ground, "no permission")


def size_limit() -> int:
    """Largest file [bytes] that is read: ``GRIDMAP_MAX_UPLOAD_BYTES``, else 2 GiB."""
    told = os.environ.get(SIZE_LIMIT_VARIABLE, "")
    if not told:
        return DEFAULT_SIZE_LIMIT
    if not told.isdecimal():
        raise InputError(f"{SIZE_LIMIT_VARIABLE} expects a whole number of bytes, found '{told}'.")
    return int(told)


def check_size(path: Path, limit: int | None = None) -> None:
    """Refuse a file that is too large, before a byte of it is read.

    Parameters
    ----------
    path : Path
        The file.
    limit : int, optional
        Largest size [bytes]; default :func:`size_limit`.

    Raises
    ------
    FileFormatError
        If the file is larger.
    """
    allowed = size_limit() if limit is None else limit
    size = path.stat().st_size
    if size > allowed:
        raise FileFormatError(
            f"{path.name} is too large: at most {_in_mib(allowed)} are read, found "
            f"{_in_mib(size)}. Clip it to the district or split it; the limit is set by "
            f"{SIZE_LIMIT_VARIABLE} [bytes]."
        )


def check_place(path: str | Path) -> Path:
    """Path of something on this machine; addresses and virtual paths of GDAL are refused.

    Raises
    ------
    FileFormatError
        If nothing is there, or the path is an address.

    Examples
    --------
    >>> check_place("/vsicurl/somewhere")
    Traceback (most recent call last):
    gridmap.errors.FileFormatError: Expected a file on this machine, found '/vsicurl/somewhere'...
    """
    if "://" in str(path) or "/vsi" in Path(path).as_posix().lower():
        raise FileFormatError(
            f"Expected a file on this machine, found '{path}'. Fetch it first; gridmap reads "
            "nothing over the network."
        )
    place = Path(path)
    if not place.exists():
        raise FileFormatError(f"There is no file '{place}'. Check the path.")
    return place


def kind_of(path: str | Path, limit: int | None = None) -> Kind:
    """Kind of a file, by its name, after checking that its first bytes agree.

    Parameters
    ----------
    path : str or Path
        File to look at.
    limit : int, optional
        Largest size [bytes]; default :func:`size_limit`.

    Raises
    ------
    FileFormatError
        If it is absent, a folder, empty, too large, encrypted, damaged, of a kind that is not
        read, or not what its name says.
    """
    place = check_place(path)
    if not place.is_file():
        raise FileFormatError(f"Expected a file, found the folder '{place}'. Name the file in it.")
    kind = _KINDS.get(place.suffix.lower())
    if kind is None:
        raise FileFormatError(_unknown_kind(place))
    check_size(place, limit)
    head = _head(place)
    if not head:
        raise FileFormatError(f"{place.name} is empty (0 bytes). Copy or export it again.")
    if kind == "gpkg":
        _check_geopackage(place, head)
    elif kind == "xlsx":
        _check_workbook(place, head)
    elif kind == "shapefile":
        _check_archive(place, limit)
    elif kind == "parquet":
        _check_parquet(place, head)
    elif kind == "geojson" and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise _not_a("GeoJSON file", place, "does not start with '{'")
    elif kind == "csv" and (b"\x00" in head or head.startswith((_ZIP_MAGIC, _OLE_MAGIC))):
        raise _not_a("CSV file", place, "is not text")
    return kind


def _head(place: Path) -> bytes:
    try:
        with place.open("rb") as stream:
            return stream.read(100)
    except OSError as error:
        raise FileFormatError(
            f"'{place}' cannot be read ({error.strerror}). Allow reading it, or name another file."
        ) from error


def _not_writable(place: Path, why: str) -> InputError:
    return InputError(
        f"Nothing can be written into '{place}' ({why}). Name another output, or allow writing "
        "there."
    )


def _refuse_foreign_folder(place: Path) -> None:
    if place.is_dir() and any(place.iterdir()) and not (place / MARKER).exists():
        raise InputError(
            f"'{place}' is a folder that gridmap did not write; it is left as it is. Name "
            "another output, or empty the folder yourself."
        )


def _take_place(part: Path, place: Path) -> None:
    if not part.is_dir():
        if place.is_dir():
            raise InputError(f"Expected a file at '{place}', found a folder. Name another output.")
        _flush(part)
        part.replace(place)
        return
    (part / MARKER).write_text("Written by gridmap, which may replace this folder.\n")
    if place.is_file():
        raise InputError(f"Expected a folder at '{place}', found a file. Name another output.")
    if not place.exists():
        part.rename(place)
        return
    old = part.with_name(f"{part.name}.old")
    place.rename(old)
    try:
        part.rename(place)
    except OSError:
        old.rename(place)
        raise


def _flush(part: Path) -> None:
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _in_mib(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB"


def _not_a(expected: str, place: Path, found: str) -> FileFormatError:
    return FileFormatError(
        f"{place.name} is not a {expected}, whatever its name says: it {found}. Export it again."
    )


def _unknown_kind(place: Path) -> str:
    hint = ""
    if place.suffix.lower() in {".shp", ".dbf", ".shx"}:
        hint = " Put the .shp, .shx, .dbf and .prj of the Shapefile into one .zip."
    elif place.suffix.lower() == ".xls":
        hint = " Save the workbook as .xlsx."
    return (
        f"{place.name}: expected a GeoPackage (.gpkg), GeoJSON (.geojson), zipped Shapefile "
        f"(.zip), GeoParquet (.parquet), CSV (.csv) or workbook (.xlsx), found "
        f"'{place.suffix or 'no ending'}'.{hint}"
    )


def _check_geopackage(place: Path, head: bytes) -> None:
    if not head.startswith(_SQLITE_MAGIC):
        raise _not_a("GeoPackage", place, "is no SQLite database")
    if head[68:72] not in _GEOPACKAGE_IDS:
        raise _not_a("GeoPackage", place, "is an SQLite database without the GeoPackage mark")
    page = int.from_bytes(head[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    counted = head[24:28] == head[92:96]
    if counted and place.stat().st_size < expected:
        raise FileFormatError(
            f"{place.name} is truncated: expected {expected:,} bytes, found "
            f"{place.stat().st_size:,}. Copy or export it again."
        )


def _check_workbook(place: Path, head: bytes) -> None:
    if head.startswith(_OLE_MAGIC):
        raise FileFormatError(
            f"{place.name} is encrypted, or an old .xls workbook. Open it, remove the password, "
            "and save it as .xlsx."
        )
    if not head.startswith(_ZIP_MAGIC):
        raise _not_a("workbook", place, "is no zip archive")
    _check_archive(place, None)


def _check_archive(place: Path, limit: int | None) -> None:
    try:
        with zipfile.ZipFile(place) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise FileFormatError(
            f"{place.name} is truncated or damaged: the index of the archive cannot be read. "
            "Copy or export it again."
        ) from error
    if any(member.flag_bits & 0x1 for member in members):
        raise FileFormatError(f"{place.name} is encrypted. Pack it without a password.")
    unpacked = sum(member.file_size for member in members)
    allowed = size_limit() if limit is None else limit
    grows = unpacked > UNPACKED_FREE and unpacked > UNPACKED_RATIO * place.stat().st_size
    if grows or unpacked > allowed:
        raise FileFormatError(
            f"{place.name} would unpack to {_in_mib(unpacked)} (at most {_in_mib(allowed)}, and "
            f"{UNPACKED_RATIO} times its size, are read). Clip it to the district or split it."
        )


def _check_parquet(place: Path, head: bytes) -> None:
    if not head.startswith(b"PAR1"):
        raise _not_a("Parquet file", place, "does not start with the Parquet mark")
    with place.open("rb") as stream:
        stream.seek(-4, os.SEEK_END)
        tail = stream.read()
    if tail != b"PAR1":
        raise FileFormatError(f"{place.name} is truncated: its end is missing. Copy it again.")
