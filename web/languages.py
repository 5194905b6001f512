"""The three languages of the pages and how one is chosen."""

from collections.abc import Mapping

from babel import Locale
from flask import Flask, request, session
from flask_babel import Babel, get_locale

LANGUAGES: Mapping[str, str] = {"zh_Hans": "简", "zh_Hant": "繁", "en": "EN"}
"""Locale of each catalog and the letters on its switch."""
LANGUAGE_NAMES: Mapping[str, str] = {
    "zh_Hans": "简体中文",
    "zh_Hant": "繁體中文",
    "en": "English",
}
_TRADITIONAL = frozenset({"TW", "HK", "MO", "Hant"})


def add_languages(app: Flask) -> None:
    """Give an application its catalogs and choose the language of each request."""
    Babel(app, locale_selector=choose_language, default_locale="en")
    app.jinja_env.globals.update(
        languages=LANGUAGES,
        language_names=LANGUAGE_NAMES,
        language=current_language,
        language_tag=lambda: current_language().replace("_", "-"),
    )


def choose_language() -> str:
    """Language the reader chose, else the best one the browser asks for."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    for wanted, _ in request.accept_languages:
        if found := match_language(wanted):
            return found
    return "en"


def match_language(tag: str) -> str | None:
    """Catalog for a language tag of a browser.

    Examples
    --------
    >>> [match_language(tag) for tag in ("zh-CN", "zh-TW", "en-GB", "fr")]
    ['zh_Hans', 'zh_Hant', 'en', None]
    """
    try:
        locale = Locale.parse(tag, sep="-")
    except (ValueError, LookupError):
        return None
    if locale.language == "zh":
        marks = {locale.territory, locale.script}
        return "zh_Hant" if marks & _TRADITIONAL else "zh_Hans"
    return "en" if locale.language == "en" else None


def current_language() -> str:
    """Catalog of this request: ``zh_Hans``, ``zh_Hant`` or ``en``."""
    text = str(get_locale() or "en")
    return text if text in LANGUAGES else "en"
