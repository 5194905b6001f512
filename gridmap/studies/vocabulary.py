"""Names of facility types, layers and columns in the three languages."""

from functools import cache

from gridmap import reference, schema
from gridmap.errors import MissingLayerError


def type_label(code: str, language: str) -> str:
    """Name of a facility type; the code with spaces where the table does not know it.

    Parameters
    ----------
    code : str
        Type as in the table of facility types.
    language : {"zh_Hans", "zh_Hant", "en"}
        Language of the name.

    Examples
    --------
    >>> type_label("pharmacy", "en"), type_label("pharmacy", "zh_Hans")
    ('pharmacy', '药店')
    >>> type_label("tea_house", "en")
    'tea house'
    """
    return _type_labels(language).get(code) or code.replace("_", " ")


def layer_label(name: str, language: str) -> str:
    """Name of a layer; as written where the schema does not know it.

    Examples
    --------
    >>> layer_label("cells", "en"), layer_label("moods", "en")
    ('cells', 'moods')
    """
    return column_label(name, "*", language)


def column_label(layer: str, column: str, language: str) -> str:
    """Name of a column of a layer; as written where the schema does not know it.

    Examples
    --------
    >>> column_label("gaps", "people", "zh_Hant"), column_label("gaps", "mood", "en")
    ('影響人口', 'mood')
    """
    try:
        return schema.label(layer, column, language)
    except (MissingLayerError, KeyError):
        return layer if column == "*" else column


@cache
def _type_labels(language: str) -> dict[str, str]:
    types = reference.site_types()
    return dict(zip(types["type"], types[f"label_{language}"], strict=True))
