"""The catalogs are complete, and the words of the domain come in the reader's language."""

import re
import string

import pandas as pd
import pytest

from gridmap.reference import norms
from gridmap.samples import toy_district
from gridmap.studies.cover import cover
from web import catalogs, permissions, shell, words
from web.languages import LANGUAGES
from web.reasons import say_reason, say_rule


def test_every_sentence_is_translated_and_none_is_behind():
    assert catalogs.check() == []


@pytest.mark.parametrize("language", catalogs.TRANSLATED)
def test_a_translation_keeps_the_places_of_its_sentence(language):
    for message in catalogs.read_catalog(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        for one in told:
            assert places(one) == places(ids[-1]), message.id


def places(text):
    return sorted(part.split(")")[0] for part in text.split("%(")[1:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_of_the_domain_have_words(app_in, language):
    with app_in(language):
        for role in permissions.ROLES:
            assert str(words.ROLE[role])
        assert words.site_type("pharmacy") in ("药店", "藥房", "pharmacy")
        name = words.measure_name("pharmacy.walk_share")
        assert words.site_type("pharmacy") in name
        assert words.measure_name("camera.share_observe") != "camera.share_observe"
        assert words.column_label("people", "gaps")
        assert all(str(text) for _, text in shell.NAVIGATION.values())


def test_reasons_are_said_in_the_language_of_the_reader(app_in):
    with app_in("zh_Hans"):
        told = say_reason("2.5 of 2 min present; 1 of 1 visits; something new")
        assert told == "在岗 2.5 分钟，要求 2 分钟；到访 1 次，要求 1 次；something new"
        assert say_rule("pharmacy within 500 m on foot") == "步行 500 米内有药店"
        assert say_reason(None) == ""
    with app_in("en"):
        text = "no site of this type in the data; the map may not know them"
        assert say_reason(text) == text


def test_every_reason_that_is_ever_written_is_said_in_chinese_too(app_in):
    toy = toy_district()
    unseen = toy.with_layers(fixes=toy["fixes"].iloc[:0], population=toy["population"].iloc[:0])
    tables = [cover(one, norms=norms()).coverage for one in (toy, unseen)]
    reasons = set(pd.concat(tables)["reason"].dropna())
    assert len(reasons) > 10
    with app_in("zh_Hant"):
        said = {
            text: re.sub("(Toy|West|East|Old)( [A-Za-z]+)?", "", say_reason(text))
            for text in reasons
        }
    assert [text for text, words_ in said.items() if re.search("[a-z]{3}", words_)] == []


def test_figures_are_written_alike_in_every_language(app_in):
    with app_in("en"):
        assert words.number(106910) == "106\u202f910"
        assert words.share(0.784) == "78.4\u202f%"
        assert words.people(12.6) == "13"
        assert words.amount(5, "posts") == "5\u202fposts"
        assert words.amount(None, "m") == "–"
        assert words.day("2026-03-02") == "2 March 2026"
    with app_in("zh_Hans"):
        assert words.day("2026-03-02") == "2026年3月2日"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "none met"), (0.3, "under half met"), (0.5, "half and more met"), (1, "all met"),
     (None, "unknown")],
)  # fmt: skip
def test_planners_read_classes(app_in, value, text):
    with app_in("en"):
        assert words.day_class(value) == text


def test_no_sentence_is_made_of_template_marks():
    for message in catalogs.find_sentences():
        for one in message.id if isinstance(message.id, tuple) else (message.id,):
            assert "{" not in one
            assert not one or set(one) - set(string.whitespace)


@pytest.fixture
def app_in():
    """A request in a language, without a database."""
    from flask import Flask
    from flask_babel import force_locale

    from web.languages import add_languages

    app = Flask("web")
    add_languages(app)
    app.config["SECRET_KEY"] = "k"

    class Request:
        def __init__(self, language):
            self.context = app.test_request_context()
            self.language = language

        def __enter__(self):
            self.context.push()
            self.forced = force_locale(self.language)
            self.forced.__enter__()

        def __exit__(self, *error):
            self.forced.__exit__(*error)
            self.context.pop()

    return Request


@pytest.mark.store
def test_a_page_speaks_to_each_reader_in_turn_in_their_own_language(site, signed_in):
    liaison = signed_in("liaison")
    told = {
        tag: liaison.get(f"/d/{site.toy}/patrol", headers={"Accept-Language": tag}).text
        for tag in ("en-GB", "zh-CN", "zh-TW")
    }
    for tag, word in (("en-GB", "partly met"), ("zh-CN", "部分达标"), ("zh-TW", "部分達標")):
        assert f"<span>{word} " in told[tag]


def test_one_of_a_thing_is_not_written_as_many(app_in):
    with app_in("en"):
        assert words.amount(1, "posts").split("\u202f") == ["1", "post"]
        assert words.amount(2, "people").split("\u202f") == ["2", "people"]
