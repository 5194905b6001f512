"""Reference tables that ship with gridmap: site types with OSM tags, service norms, words.

The tables are CSV files in ``geodata/reference``; every norm keeps its source and how far it can
be trusted, and a row that nobody checked against the printed standard says so.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import FileFormatError, InputError, name_ids

LANGUAGES = ("zh_Hans", "zh_Hant", "en")
"""Languages of readers, as the columns of tables of words name them."""

NORM_COLUMNS = (
    "type",
    "norm_m",
    "minutes",
    "floor_area_min_m2",
    "people_per_site",
    "source",
    "confidence",
    "group",
)
"""Columns of a norms file, in order; ``type`` and ``norm_m`` must be there. ``group`` names a
column of the layer ``population``, such as ``population_60_plus``, for whom the norm is."""

HOMES = frozenset(
    {"residential", "apartments", "house", "detached", "semidetached_house", "terrace", "farm"}
    | {"bungalow", "dormitory", "cabin", "houseboat", "static_caravan", "housing"}
    | {"住宅", "住宅楼", "住宅樓", "居住", "宿舍"}
)
"""Uses of buildings in which people live: OSM values of ``building``, and Chinese words."""
RIVERS = frozenset({"river", "canal"})
"""Kinds of rows of the layer ``roads`` that are water: they divide ground, nobody moves on them."""
RAILS = frozenset({"rail", "light_rail", "narrow_gauge"})
"""Kinds of rows of the layer ``roads`` that are railways; they divide ground likewise."""
BARRIERS = RIVERS | RAILS
_NUMBERS = ("norm_m", "minutes", "floor_area_min_m2", "people_per_site")
_LARGEST_NORM_M = 50_000.0


@dataclass(frozen=True)
class _Condition:
    """One condition on the tags of a place: ``key=value``, or ``key~part of the value``."""

    key: str
    value: str
    part: bool

    def holds(self, found: str | None) -> bool:
        if found is None:
            return False
        if self.part:
            return self.value in found
        return found == self.value or self.value in (one.strip() for one in found.split(";"))


def reference_path(name: str) -> Path:
    """Path of a reference table, e.g. ``norms.csv``.

    Raises
    ------
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> reference_path("norms.csv").name
    'norms.csv'
    """
    folder = files("geodata").joinpath("reference")
    if not folder.joinpath(name).is_file():
        known = sorted(one.name for one in folder.iterdir() if one.is_file())
        raise InputError(f"No reference table '{name}'. There are: {', '.join(known)}.")
    with as_file(folder.joinpath(name)) as path:
        return path


def read_reference(name: str) -> pd.DataFrame:
    """Read a reference table as it stands, every column as text.

    Raises
    ------
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> read_reference("camera_levels.csv")["edition"].unique().tolist()
    ['2014', '2025']
    """
    return pd.read_csv(reference_path(name), dtype="str", keep_default_na=False)


@cache
def read_words(package: str, language: str) -> Mapping[str, str]:
    """Words of one language by key, from the table ``words.csv`` of a package.

    Parameters
    ----------
    package : str
        Package that ships the table, e.g. ``gridmap.maps``.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the reader.

    Raises
    ------
    InputError
        If the language is none of the three.

    Examples
    --------
    >>> read_words("gridmap.maps", "zh_Hans")["missed"]
    '未达标'
    """
    if language not in LANGUAGES:
        raise InputError(f"Unknown language '{language}'. Choose one of: {', '.join(LANGUAGES)}.")
    text = files(package).joinpath("words.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["key"]: row[language] for row in rows})


def is_home(use: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether people live in buildings, by the column ``use``; an unknown use is no home.

    Examples
    --------
    >>> is_home(pd.Series(["apartments", " House", "住宅", "retail", None])).tolist()
    [True, True, True, False, False]
    """
    words = use.astype("str").str.strip().str.lower()
    return words.isin(HOMES).to_numpy(dtype=bool)


def site_types() -> pd.DataFrame:
    """Site types: code, OSM tags and names in three languages.

    Returns
    -------
    DataFrame
        Columns ``type``, ``tags``, ``label_zh_Hans``, ``label_zh_Hant``, ``label_en``. Tags are
        alternatives joined by ``|``, each a conjunction joined by ``+`` of ``key=value`` or
        ``key~part of the value``; empty where OSM has no tag for the type.

    Examples
    --------
    >>> types = site_types().set_index("type")
    >>> types.loc["pharmacy", ["tags", "label_zh_Hans", "label_en"]].tolist()
    ['amenity=pharmacy|healthcare=pharmacy', '药店', 'pharmacy']
    """
    return read_reference("site_types.csv")


def type_of_tags(tags: Mapping[str, str]) -> str | None:
    """Site type of a place by its OSM tags; the first type of the table that fits, or None.

    Examples
    --------
    >>> type_of_tags({"amenity": "school", "isced:level": "1;2"})
    'primary_school'
    >>> type_of_tags({"amenity": "bench"}) is None
    True
    """
    for site_type, alternatives in _tag_rules():
        if any(all(c.holds(tags.get(c.key)) for c in every) for every in alternatives):
            return site_type
    return None


def types_of_frame(tags: pd.DataFrame) -> pd.Series:
    """Site type of every row of a frame whose columns are OSM keys; empty where none fits.

    Parameters
    ----------
    tags : DataFrame
        One column per OSM key; empty where a place lacks the key.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"amenity": ["police", None], "shop": [None, "supermarket"]})
    >>> types_of_frame(places).tolist()
    ['police_station', 'supermarket']
    """
    result = np.full(len(tags), None, dtype=object)
    for site_type, alternatives in _tag_rules():
        fits = np.zeros(len(tags), dtype=bool)
        for every in alternatives:
            fits |= np.logical_and.reduce([_rows_that_hold(tags, one) for one in every])
        result[fits & pd.isna(result)] = site_type
    return pd.Series(result, index=tags.index, dtype="str")


def site_keys() -> frozenset[str]:
    """OSM keys that can make a place a site, by the table of site types.

    Examples
    --------
    >>> {"amenity", "shop", "healthcare"} <= site_keys()
    True
    """
    return frozenset(
        every[0].key for _, alternatives in _tag_rules() for every in alternatives if every
    )


def norms() -> pd.DataFrame:
    """Service norms that apply where no norms file is given.

    Returns
    -------
    DataFrame
        Columns of :data:`NORM_COLUMNS`: ``type``, ``norm_m`` [m walking], ``minutes`` [min],
        ``floor_area_min_m2`` [m²], ``people_per_site``, ``source``, ``confidence``.

    Notes
    -----
    Confidence is ``high``, ``medium``, ``low-medium``, ``low`` or ``assumption``; only a row of
    high confidence may be called "the standard says" (MEASURES.md 3).

    Examples
    --------
    >>> table = norms().set_index("type")
    >>> float(table.loc["kindergarten", "norm_m"]), table.loc["kindergarten", "confidence"]
    (300.0, 'low-medium')
    """
    return read_norms(reference_path("norms.csv"))


def read_norms(path: str | Path) -> pd.DataFrame:
    """Norms from a CSV file, checked.

    Parameters
    ----------
    path : path
        CSV with the columns ``type`` and ``norm_m`` [m] and, optionally, the others of
        :data:`NORM_COLUMNS`. Site types of one's own are allowed.

    Returns
    -------
    DataFrame
        All columns of :data:`NORM_COLUMNS`; absent ones are empty.

    Raises
    ------
    FileFormatError
        If the file cannot be read as CSV.
    InputError
        If columns are missing or values are wrong; the message lists every fault.

    Examples
    --------
    >>> read_norms(reference_path("norms.csv")).columns.tolist() == list(NORM_COLUMNS)
    True
    """
    table = _read_table(Path(path))
    missing = [name for name in ("type", "norm_m") if name not in table.columns]
    if missing:
        raise InputError(
            f"{path}: a norms file needs the columns {', '.join(NORM_COLUMNS)} (the first two "
            f"filled); missing {', '.join(missing)}, found {', '.join(table.columns)}."
        )
    if faults := list(_norm_faults(table)):
        raise InputError(f"{path}: " + "\n".join(faults))
    result = table.reindex(columns=list(NORM_COLUMNS))
    for name in NORM_COLUMNS:
        numeric = name in _NUMBERS
        result[name] = pd.to_numeric(result[name]) if numeric else result[name].astype("str")
    return result.astype(dict.fromkeys(_NUMBERS, "float64"))


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FileFormatError(
            f"{path} cannot be read as a CSV table in UTF-8 ({error}). Save it as CSV (UTF-8) "
            f"with the columns {', '.join(NORM_COLUMNS)}."
        ) from error
    table.columns = table.columns.str.strip()
    return table.apply(lambda column: column.str.strip()).replace("", np.nan)


def _norm_faults(table: pd.DataFrame) -> Iterator[str]:
    lines = table.index + 2
    if table["type"].isna().any():
        yield f"column 'type' is empty in line {name_ids(lines[table['type'].isna()])}."
    twice = table["type"].duplicated() & table["type"].notna()
    if twice.any():
        yield f"one norm per type is expected; given twice: {name_ids(table['type'][twice])}."
    for name in (one for one in _NUMBERS if one in table.columns):
        numbers = pd.to_numeric(table[name], errors="coerce")
        wrong = table[name].notna() & ~(numbers > 0) | np.isinf(numbers)
        if wrong.any():
            yield (
                f"column '{name}' expects numbers above 0; found {name_ids(table[name][wrong])} "
                f"in line {name_ids(lines[wrong])}."
            )
    far = pd.to_numeric(table["norm_m"], errors="coerce") > _LARGEST_NORM_M
    if far.any():
        yield f"column 'norm_m' is in metres; over 50 km in line {name_ids(lines[far])}."


@cache
def _tag_rules() -> Sequence[tuple[str, list[list[_Condition]]]]:
    table = site_types()
    return [
        (site_type, [[_condition(one) for one in every.split("+")] for every in tags.split("|")])
        for site_type, tags in zip(table["type"], table["tags"], strict=True)
        if tags
    ]


def _condition(text: str) -> _Condition:
    part = "~" in text
    key, value = text.split("~" if part else "=", 1)
    return _Condition(key, value, part)


def _rows_that_hold(tags: pd.DataFrame, condition: _Condition) -> np.ndarray:
    if condition.key not in tags.columns:
        return np.zeros(len(tags), dtype=bool)
    values = tags[condition.key]
    told = values.notna().to_numpy()
    fits = [bool(t) and condition.holds(str(v)) for t, v in zip(told, values, strict=True)]
    return np.array(fits, dtype=bool)
