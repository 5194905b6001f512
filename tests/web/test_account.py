"""Accounts: passwords, sign-ins, and what an administrator changes."""

import re

import pytest
from sqlalchemy import text

from tests.web.conftest import PASSWORD, csrf, sign_in

pytestmark = pytest.mark.store

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def guest(site):
    """A planner of its own for one test, and the number of the district."""
    from sqlalchemy.orm import Session

    from gridmap.store import accounts

    with Session(site.store.owner) as session:
        accounts.add_user(session, "guest", "planner", [accounts.Part(site.toy)], password=PASSWORD)
        session.commit()
    yield "guest"
    with site.store.owner.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE username IN ('guest', 'new.worker')"))


def browser_of(site, name, password=PASSWORD):
    browser = site.app.test_client()
    assert sign_in(browser, name, password).status_code == 302
    return browser


def post(browser, path, **told):
    token = csrf(browser.get("/account").text)
    return browser.post(path, data={**told, "csrf_token": token}, headers=ENGLISH)


def test_a_new_password_works_and_ends_all_other_sessions(site, guest):
    here, elsewhere = browser_of(site, guest), browser_of(site, guest)
    new = "a much longer password"
    answer = post(here, "/account/password", old=PASSWORD, new=new, again=new)
    assert answer.status_code == 302
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert sign_in(site.app.test_client(), guest).status_code == 200
    assert sign_in(site.app.test_client(), guest, new).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", "a much longer password", "a much longer password", "not right"),
        (PASSWORD, "a much longer password", "another long password", "differ"),
        (PASSWORD, "short", "short", "shorter than 10"),
    ],
)
def test_a_password_that_cannot_be_is_refused_and_nothing_changes(
    site, guest, old, new, again, words
):
    browser = browser_of(site, guest)
    answer = post(browser, "/account/password", old=old, new=new, again=again)
    assert answer.status_code == 400
    assert words in answer.text
    assert sign_in(site.app.test_client(), guest).status_code == 302


def test_the_session_page_lists_sign_ins_and_signs_out_everywhere(site, guest):
    here, elsewhere = browser_of(site, guest), browser_of(site, guest)
    page = here.get("/account/sessions", headers=ENGLISH).text
    assert page.count("127.0.0.1") == 2
    assert "this one" in page
    post(here, "/account/sign-out-everywhere")
    assert elsewhere.get("/account").status_code == 302
    assert here.get("/account").status_code == 302
    again = browser_of(site, guest)
    assert again.get("/account/sessions").text.count("127.0.0.1") == 1


def test_an_admin_adds_a_worker_whose_password_is_shown_once(site, guest, signed_in):
    admin = signed_in("admin")
    answer = post(
        admin, "/users/add", username="new.worker", role="worker", district=site.toy,
        kind="cell", limits="nw ne",
    )  # fmt: skip
    made = re.search(r"<code>([a-z0-9-]{19})</code>", answer.text).group(1)
    assert made not in admin.get("/users").text
    worker = browser_of(site, "new.worker", made)
    page = worker.get(f"/d/{site.toy}/my-cells").text
    assert "North-west" in page
    assert "North-east" in page
    assert "South-west" not in page


def test_a_closed_account_is_out_at_once(site, guest, signed_in):
    browser = browser_of(site, guest)
    post(signed_in("admin"), "/users/change", username=guest, active="no")
    assert browser.get("/account").status_code == 302
    assert sign_in(site.app.test_client(), guest).status_code == 200


def test_a_changed_role_opens_other_pages(site, guest, signed_in):
    post(
        signed_in("admin"), "/users/change", username=guest, role="liaison",
        district=site.toy, kind="", limits="",
    )  # fmt: skip
    browser = browser_of(site, guest)
    assert browser.get(f"/d/{site.toy}/cameras").status_code == 200
    assert browser.get(f"/d/{site.toy}/services").status_code == 403


@pytest.mark.parametrize(
    "told",
    [
        {"username": "planner", "role": "planner"},
        {"username": "x y z", "role": "planner"},
        {"username": "someone", "role": "king"},
        {"username": "someone", "role": "worker", "district": "1", "kind": "cell", "limits": ""},
    ],
)
def test_an_account_that_cannot_be_is_refused_with_a_reason(signed_in, told):
    answer = post(signed_in("admin"), "/users/add", **told)
    assert answer.status_code == 400
    assert '<p class="small" lang="en">' in answer.text


def test_an_admin_does_not_close_the_own_account(signed_in):
    admin = signed_in("admin")
    assert post(admin, "/users/change", username="admin", active="no").status_code == 400
    assert admin.get("/users").status_code == 200


def test_sign_ins_and_restricted_reads_are_in_the_audit_log(site, signed_in):
    signed_in("liaison").get(f"/d/{site.toy}/cameras")
    page = signed_in("admin").get("/audit", headers=ENGLISH).text
    assert "signed in" in page
    assert "cameras" in page
    assert "The log is intact" in page
