"""What the browser is told, and what attackers try."""

import re
from html.parser import HTMLParser

import pytest

from tests.web.conftest import PASSWORD, close_app, csrf, make_app, sign_in
from web.views.preferences import safe_return

pytestmark = pytest.mark.store

PAGES = ["/login", "/d/{d}/services", "/d/{d}/overview", "/nowhere", "/d/987/gaps"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_a_strict_policy(site, signed_in, client, path):
    browser = client if path == "/login" else signed_in("planner")
    answer = browser.get(path.format(d=site.toy))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
def test_scripts_carry_the_nonce_of_their_answer(site, signed_in, client, path):
    browser = client if path == "/login" else signed_in("planner")
    answer = browser.get(path.format(d=site.toy))
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]).group(1)
    tags = re.findall(r"<script\b[^>]*>", answer.text)
    assert tags
    for tag in tags:
        assert f'nonce="{nonce}"' in tag or 'type="application/json"' in tag
    assert not {name for name in attributes(answer.text) if name[:2] == "on" or name == "style"}


def attributes(page):
    """Names of all attributes of all tags of a page."""
    found = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda _, told: found.update(name for name, _ in told)
    parser.feed(page)
    return found


def test_no_two_answers_share_a_nonce(client):
    policies = {client.get("/login").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client):
    cookie = client.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_https_makes_cookies_secure_and_sends_hsts(site):
    app = make_app(site.store, https=True)
    answer = app.test_client().get("/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-gridmap=")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    close_app(app)


def test_a_form_without_its_mark_is_refused(site, signed_in):
    browser = signed_in("admin")
    for path in ("/users/add", "/users/password", "/users/change", "/preferences", "/logout"):
        assert browser.post(path, data={"username": "x"}).status_code == 400
    assert site.app.test_client().post("/login", data={"username": "x"}).status_code == 400


def test_a_wrong_name_and_a_wrong_password_look_alike(site):
    browser = site.app.test_client()
    wrong_name = sign_in(browser, "no-such-user").text
    wrong_word = sign_in(browser, "planner", "not the password").text
    strip = re.compile(r'(nonce|value|content)="[^"]*"')
    assert strip.sub("", wrong_name) == strip.sub("", wrong_word)
    assert 'role="alert"' in wrong_name


def test_sign_in_is_limited_by_name_and_address(site):
    app = make_app(site.store, login_tries=3)
    browser = app.test_client()
    answers = [sign_in(browser, "planner", "wrong password!").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert sign_in(browser, "liaison").status_code == 302
    close_app(app)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_an_open_redirect_is_refused(site, target):
    browser = site.app.test_client()
    answer = sign_in(browser, "planner", after=target)
    assert re.match(r"/(?![/\\])", answer.headers.get("Location", "/"))
    with site.app.test_request_context():
        assert safe_return(target) == "/"


def test_after_signing_in_the_reader_is_where_the_link_pointed(site):
    target = f"/d/{site.toy}/gaps"
    answer = sign_in(site.app.test_client(), "planner", after=target)
    assert answer.headers["Location"] == target


def test_a_session_planted_before_signing_in_does_not_live_on(site):
    browser = site.app.test_client()
    with browser.session_transaction() as session:
        session["planted"] = "by an attacker"
        session["look"] = "dark"
    before = browser.get_cookie("gridmap").value
    sign_in(browser, "planner")
    assert browser.get_cookie("gridmap").value != before
    with browser.session_transaction() as session:
        assert "planted" not in session
        assert session["look"] == "dark"


def test_a_body_that_is_too_large_is_refused(site, signed_in):
    browser = signed_in("planner")
    token = csrf(browser.get("/account").text)
    told = {"back": "x" * (1 << 21), "csrf_token": token}
    assert browser.post("/preferences", data=told).status_code == 413


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", "这里什么也没有"), ("zh-TW", "這裡什麼也沒有"), ("en", "There is nothing here")],
)
def test_error_pages_speak_three_languages(signed_in, language, words):
    answer = signed_in("planner").get("/nowhere", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert words in answer.text


def test_errors_have_a_face_for_programs(signed_in):
    answer = signed_in("planner").get("/d/987/gaps", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert set(answer.json) == {"status", "error", "remedy", "detail"}


def test_an_unexpected_error_says_nothing_about_the_inside(site, signed_in, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("gridmap.studies.pages.gaps_page", fail)
    monkeypatch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = signed_in("planner").get(f"/d/{site.toy}/gaps")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_a_database_that_is_away_is_a_503(site, client, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def away():
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("web.views.health.answers", away)
    assert client.get("/healthz").status_code == 503


def test_health_answers_without_signing_in(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_signing_out_ends_the_session(site):
    browser = site.app.test_client()
    sign_in(browser, "planner", PASSWORD)
    token = csrf(browser.get("/account").text)
    assert browser.get("/logout").status_code == 405
    browser.post("/logout", data={"csrf_token": token})
    assert browser.get("/account").status_code == 302


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(site):
    browser, thief = site.app.test_client(), site.app.test_client()
    sign_in(browser, "planner", PASSWORD)
    name = site.app.config["SESSION_COOKIE_NAME"]
    thief.set_cookie(name, browser.get_cookie(name).value)
    assert thief.get("/account").status_code == 200
    token = csrf(browser.get("/account").text)
    browser.post("/logout", data={"csrf_token": token})
    thief.set_cookie(name, thief.get_cookie(name).value)
    assert thief.get("/account").status_code == 302


def test_signing_out_ends_no_other_session(site):
    here, elsewhere = site.app.test_client(), site.app.test_client()
    for browser in (here, elsewhere):
        sign_in(browser, "planner", PASSWORD)
    here.post("/logout", data={"csrf_token": csrf(here.get("/account").text)})
    assert elsewhere.get("/account").status_code == 200


@pytest.mark.parametrize("path", [
    "search?q=%00", "search.json?q=a%00b", "gaps.csv?status=%00", "gaps.csv?dimension=%00",
    "gaps?sort=%00&page=-1", "services?type=%00", "gaps?district=abc", "gaps?page=" + "9" * 40,
])  # fmt: skip
def test_a_broken_address_is_no_fault_of_ours(site, signed_in, path):
    assert signed_in("planner").get(f"/d/{site.toy}/{path}").status_code == 200


def test_a_zero_byte_in_a_tile_or_a_form_is_no_fault_of_ours(site, signed_in, client):
    tile = f"/tiles/{site.toy}/cells/0/0/0.pbf?measure=%00&window=%00&status=%00"
    assert signed_in("planner").get(tile).status_code == 200
    assert sign_in(client, "plan\0ner", "wrong").status_code == 200
    answer = add_user(
        signed_in, username="zero-byte", district=site.toy, kind="cell", limits="n\0ope"
    )
    assert answer.status_code == 400


def test_links_of_a_page_obey_no_orders_hidden_in_its_address(site, signed_in):
    told = "_scheme=javascript&_external=1&_anchor=x&district=9999"
    page = signed_in("planner").get(f"/d/{site.toy}/gaps?{told}").text
    assert "javascript:" not in page
    assert "/d/9999/" not in page


def test_an_administrator_gives_away_own_districts_and_known_codes_only(site, signed_in):
    for told in (
        {"district": 987654},
        {"kind": "cell", "limits": "no-such-cell"},
        {"kind": "post", "limits": "no-such-post"},
        {"kind": "community", "limits": "no-such-community"},
    ):
        answer = add_user(signed_in, **{"username": "given-away", "district": site.toy, **told})
        assert answer.status_code == 400
    assert "given-away" not in signed_in("admin").get("/users").text


def add_user(signed_in, **fields):
    """Ask for a new worker as the administrator."""
    admin = signed_in("admin")
    told = {"role": "planner", "csrf_token": csrf(admin.get("/users").text), **fields}
    return admin.post("/users/add", data=told)


def test_whoever_is_signed_in_is_told_that_the_database_is_away(site, monkeypatch):
    from sqlalchemy.exc import OperationalError

    browser = site.app.test_client()
    sign_in(browser, "planner")

    def away(*_, **__):
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    with monkeypatch.context() as while_away:
        while_away.setattr("sqlalchemy.engine.Engine.raw_connection", away)
        answer = browser.get(f"/d/{site.toy}/gaps", headers={"Accept-Language": "zh-CN"})
        assert answer.status_code == 503
        assert "无法连接数据库" in answer.text
    assert browser.get(f"/d/{site.toy}/gaps").status_code == 200


def test_a_browser_keeps_static_files_of_this_edition_and_asks_for_all_others(client):
    login = client.get("/login").text
    kept = re.search(r'"(/static/css/app\.css\?v=\w+)"', login)
    assert kept is not None

    def kept_for(address: str) -> str:
        with client.get(address) as answer:
            return answer.headers["Cache-Control"]

    assert "immutable" in kept_for(kept[1])
    assert "immutable" not in kept_for("/static/css/app.css?v=old")
    assert "immutable" not in kept_for("/login?v=" + kept[1][-10:])
