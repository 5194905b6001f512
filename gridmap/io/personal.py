"""Places, not people: columns that look like personal data are refused, unread and unstored.

Neither the error nor any log ever holds a value of such a column.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.errors import PersonalDataError

_HEADINGS = [
    line.split(",")
    for line in files("gridmap.io")
    .joinpath("personal_headings.csv")
    .read_text(encoding="utf-8")
    .splitlines()[1:]
]
CJK_HEADINGS = tuple(heading for match, heading in _HEADINGS if match == "part")
"""Parts of Chinese headings, simplified and traditional, that tell of persons."""
LATIN_HEADINGS = tuple(tuple(heading.split()) for match, heading in _HEADINGS if match == "words")
"""Words of English headings that tell of persons."""
_COUNTS_CJK = re.compile(
    r"(?:数|數|人口|率|比例|占比|佔比|床位|面积|面積|密度)(?:[(（\[].*)?$"  # a count, in any unit
)
_COUNTS_LATIN = frozenset({"count", "number", "n", "share", "rate", "total", "population", "beds"})
_NEVER_COUNTS = re.compile(r"身份|證件|证件|姓名|手机|手機|电话|電話|\b(?:id|phone|mobile|ssn)\b")
_PLACE_LAYERS = frozenset({"sites", "buildings", "landuse"})
_PLACE_WORDS = frozenset({"religion", "宗教"})
_NAMED_CODES = re.compile(
    r"(?:编码|編碼|代码|代碼|编号|編號|标识|標識|code|_id|^id)$", re.IGNORECASE
)

_IDENTITY_18 = re.compile(r"(?<![\d.])(\d{17}[\dXx])(?![\d.])")
_IDENTITY_15 = r"(?<![\d.])[1-9]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![\d.])"
_MOBILE = r"(?<![\d.])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\d.])"
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_CHARACTERS = np.array(list("10X98765432"))
_IDENTITY_SHARE, _PATTERN_SHARE = 0.01, 0.1
"""Share of filled values from which a column is refused: identity numbers with a valid check
character do not arise by chance; the two weaker patterns do."""


def refuse_personal(frame: pd.DataFrame, layer: str, source: str = "") -> None:
    """Refuse a table if a column looks like personal data.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Table as it came from the file, before any column is renamed.
    layer : str
        Layer it is meant for; the columns of its schema are known not to name persons.
    source : str, optional
        Name of the file, for the message.

    Raises
    ------
    PersonalDataError
        Names the columns and why; never a value.

    Notes
    -----
    Headings are matched as parts (Chinese) or whole words (English); a heading that ends as a
    count (残疾人数, birth_rate) is a figure about a place and passes. Values are matched as
    identity numbers of 18 characters (date and check character valid), the old form of 15 digits
    (date valid; not in columns of codes), and mobile numbers of the mainland (not in columns of
    identifiers). See PRIVACY.md 1.

    Examples
    --------
    >>> refuse_personal(pd.DataFrame({"site_id": ["a"], "手机号": ["-"]}), "sites")
    Traceback (most recent call last):
    gridmap.errors.PersonalDataError: Layer 'sites': column '手机号' looks like personal data...
    """
    found = [
        f"column '{name}' looks like personal data ({why})"
        for name, why in _personal_columns(frame, layer)
    ]
    if found:
        where = f" of {source}" if source else ""
        raise PersonalDataError(
            f"Layer '{layer}'{where}: {'; '.join(found)}. gridmap holds places, posts and counts, "
            "no residents. Remove the column, or replace it by a count for each cell; nothing of "
            "it was stored."
        )


def personal_heading(name: str, layer: str = "") -> bool:
    """Whether a heading tells of persons.

    Examples
    --------
    >>> [personal_heading(name) for name in ("身份證號", "birth date", "户数", "户籍人口", "name")]
    [True, True, False, False, False]
    """
    words = tuple(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
    if layer in _PLACE_LAYERS and name.strip().lower() in _PLACE_WORDS:
        return False
    tells = any(part in name for part in CJK_HEADINGS) or any(
        words[n : n + len(heading)] == heading
        for heading in LATIN_HEADINGS
        for n in range(len(words))
    )
    counts = bool(_COUNTS_CJK.search(name)) or (bool(words) and words[-1] in _COUNTS_LATIN)
    return tells and not (counts and not _NEVER_COUNTS.search(" ".join([name, *words])))


def personal_values(values: pd.Series, *, codes: bool = False) -> str | None:
    """Name the kind of personal number that a sizeable part of the values looks like.

    Parameters
    ----------
    values : Series
        Values of one column.
    codes : bool
        Whether the column holds codes or identifiers, where 15 or 11 digits mean nothing.

    Returns
    -------
    str or None
        Kind of number, None where the values look like none.

    Examples
    --------
    >>> personal_values(pd.Series(["11010519491231002X", "somewhere"]))
    'identity numbers'
    >>> personal_values(pd.Series(["110101001001001"]), codes=True) is None
    True
    """
    texts = _texts_with_digits(values)
    filled = max(int(values.notna().sum()), 1)
    if texts.empty:
        return None
    if _count_identity(texts) > _IDENTITY_SHARE * filled:
        return "identity numbers"
    if codes:
        return None
    if texts.str.contains(_IDENTITY_15).sum() > _PATTERN_SHARE * filled:
        return "identity numbers of the old form"
    if texts.str.contains(_MOBILE).sum() > _PATTERN_SHARE * filled:
        return "mobile phone numbers"
    return None


def _personal_columns(frame: pd.DataFrame, layer: str) -> Iterator[tuple[str, str]]:
    spec = schema.layers().get(layer)
    known = set() if spec is None else set(spec.columns)
    for name in frame.columns:
        heading = str(name)
        if isinstance(frame[name], gpd.GeoSeries):
            continue
        if heading not in known and personal_heading(heading, layer):
            yield heading, "its heading tells of persons"
        elif kind := personal_values(frame[name], codes=bool(_NAMED_CODES.search(heading))):
            yield heading, f"its values look like {kind}"


def _texts_with_digits(values: pd.Series) -> pd.Series:
    filled = values.dropna()
    if pd.api.types.is_bool_dtype(filled) or pd.api.types.is_datetime64_any_dtype(filled):
        return pd.Series(dtype="str")
    if pd.api.types.is_float_dtype(filled):
        filled = filled[(filled.abs() < 1e18) & (filled % 1 == 0)].astype("int64")
    if pd.api.types.is_integer_dtype(filled):
        filled = filled[filled >= 10**10]
    texts = filled.astype("str")
    return texts[texts.str.contains(r"\d{3}[ -]?\d{4}", regex=True)]


def _count_identity(texts: pd.Series) -> int:
    numbers = texts.str.extract(_IDENTITY_18, expand=False).dropna().str.upper()
    if numbers.empty:
        return 0
    born = pd.to_datetime(numbers.str[6:14], format="%Y%m%d", errors="coerce")
    digits = np.array([list(number[:17]) for number in numbers], dtype=np.int64)
    expected = _CHECK_CHARACTERS[(digits * _WEIGHTS).sum(axis=1) % 11]
    plausible = born.dt.year.between(1880, 2100).to_numpy()
    return int((plausible & (expected == numbers.str[17].to_numpy(dtype="str"))).sum())
