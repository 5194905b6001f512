"""The catalogs of the three languages: ``python -m web.catalogs extract|update|compile|check``.

Sentences in the code are English; ``translations/<language>/LC_MESSAGES/messages.po`` holds the
others. The compiled ``.mo`` files are made at set-up and when a wheel is built.
"""

import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "translations"
TEMPLATE = FOLDER / "messages.pot"
TRANSLATED = ("zh_Hans", "zh_Hant")
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
_UNDATED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""Catalogs carry no date of their own: the history of the project has it."""
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}


def find_sentences() -> Catalog:
    """Catalog of all sentences in the code and the templates, none translated."""
    catalog = Catalog(project="gridmap", charset="utf-8")
    found = extract_from_dir(
        str(HERE), _METHODS, options_map=_OPTIONS, keywords=_KEYWORDS, strip_comment_tags=True
    )
    for name, _, sentence, comments, context in found:
        # Places without line numbers: an edit elsewhere in a file is no change of a catalog.
        catalog.add(sentence, None, [(Path(name).as_posix(), 0)], auto_comments=comments,
                    context=context)  # fmt: skip
    return catalog


def read_catalog(language: str) -> Catalog:
    """Catalog of a language as it stands in the project."""
    path = catalog_path(language)
    if not path.exists():
        return Catalog(locale=language, project="gridmap", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def catalog_path(language: str) -> Path:
    """Place of the catalog of a language."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def extract() -> list[str]:
    """Write the list of all sentences."""
    FOLDER.mkdir(exist_ok=True)
    with TEMPLATE.open("wb") as file:
        write_po(file, find_sentences(), omit_header=True, include_lineno=False, sort_output=True)
    return []


def update() -> list[str]:
    """Bring new sentences into each catalog; gone ones leave it. Names what is to translate."""
    extract()
    for language in TRANSLATED:
        catalog = read_catalog(language)
        catalog.update(find_sentences(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        save(language, catalog)
    return find_untranslated()


def save(language: str, catalog: Catalog) -> None:
    """Write the catalog of a language."""
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.fuzzy = False
    catalog.header_comment = "# Sentences of the web application of gridmap."
    catalog.creation_date = catalog.revision_date = _UNDATED
    catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = "gridmap"
    with path.open("wb") as file:
        write_po(file, catalog, include_lineno=False, sort_output=True, omit_header=False)


def compile_all() -> list[str]:
    """Make the catalogs that the application reads."""
    for language in TRANSLATED:
        with catalog_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, read_catalog(language))
    return []


def check() -> list[str]:
    """Name sentences that are not translated, and catalogs that are behind the code."""
    wanted = _ids(find_sentences())
    problems = find_untranslated()
    for language in TRANSLATED:
        known = _ids(read_catalog(language))
        problems += [f"{language}: not in the catalog: {one}" for one in sorted(wanted - known)]
        problems += [f"{language}: no longer used: {one}" for one in sorted(known - wanted)]
    return problems


def find_untranslated() -> list[str]:
    """Sentences without a translation, one line for each language and sentence."""
    problems = []
    for language in TRANSLATED:
        for message in read_catalog(language):
            told = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and (not all(told) or message.fuzzy):
                problems.append(f"{language}: not translated: {message.id}")
    return problems


def _ids(catalog: Catalog) -> set[str]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog
        if message.id
    }


STEPS: Mapping[str, Callable[[], list[str]]] = {
    "extract": extract,
    "update": update,
    "compile": compile_all,
    "check": check,
}


def main(arguments: Sequence[str]) -> int:
    """Run one step; the exit code is 1 where something is left to do."""
    if len(arguments) != 1 or arguments[0] not in STEPS:
        sys.stderr.write(f"Expected one of: {', '.join(STEPS)}.\n")
        return 2
    problems = STEPS[arguments[0]]()
    sys.stdout.write("\n".join(problems or ["in order"]) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
