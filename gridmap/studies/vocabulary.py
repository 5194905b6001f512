"""Names of facility types, layers and columns in the three languages."""

from functools import cache

from gridmap import reference, schema
from gridmap.errors import MissingLayerError
from gridmap.standards import shipped_rules


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


def rule_label(rule: str, language: str) -> str:
    """Text of a shipped rule of the standards; the id with spaces for one of somebody's own.

    Examples
    --------
    >>> rule_label("police_room", "en"), rule_label("reading_room", "en")
    ('a police room in every community', 'reading room')
    """
    return _rule_labels(language).get(rule) or rule.replace("_", " ")


@cache
def shipped_rule_ids() -> frozenset[str]:
    """Ids of the rules of the standards that ship with gridmap."""
    return frozenset(rule.id for rule in shipped_rules())


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
def _rule_labels(language: str) -> dict[str, str]:
    return {rule.id: rule.text[language] for rule in shipped_rules()}


@cache
def _type_labels(language: str) -> dict[str, str]:
    types = reference.site_types()
    return dict(zip(types["type"], types[f"label_{language}"], strict=True))
