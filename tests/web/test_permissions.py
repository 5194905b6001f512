"""Who is refused what: every endpoint, every role, and whoever is not signed in."""

import pytest
from werkzeug.routing import Rule

from web.permissions import ALLOWED, PUBLIC, ROLES, TILE_LAYERS, may_open

pytestmark = pytest.mark.store

VALUES = {"layers": "cells", "z": 0, "x": 0, "y": 0, "cell_id": "nw", "filename": "icon.svg"}
VALUES |= {"form": "gpx", "kind": "csv", "camera_id": "cam1", "scenario_id": 1}
ELSEWHERE = {"security.login", "security.logout", "static", "preferences.save", "health.check"}


def address(site, endpoint):
    with site.app.test_request_context():
        from flask import url_for

        rule: Rule = next(r for r in site.app.url_map.iter_rules() if r.endpoint == endpoint)
        told = {name: VALUES.get(name, site.toy) for name in rule.arguments}
        return url_for(endpoint, **told), "GET" if "GET" in rule.methods else "POST"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("endpoint", sorted(ALLOWED))
def test_a_role_opens_what_the_table_says_and_nothing_else(site, signed_in, endpoint, role):
    if endpoint in ("account.sign_out_everywhere", "account.save_password"):
        pytest.skip("ends the session; see test_account")
    path, method = address(site, endpoint)
    browser = signed_in(role)
    token = {"X-CSRFToken": mark(browser)}
    answer = browser.open(path, method=method, headers=token)
    if role in ALLOWED[endpoint]:
        # No draft has been begun here: to whom may open it, it is not there.
        nothing = (
            {404}
            if endpoint.startswith(("drafts.", "jobs.", "scenarios.", "patrol_routes."))
            else set()
        )
        assert answer.status_code in {200, 302, 400} | nothing
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("endpoint", sorted(ALLOWED))
def test_whoever_is_not_signed_in_is_asked_to_sign_in(site, client, endpoint):
    path, method = address(site, endpoint)
    answer = client.open(path, method=method, headers={"X-CSRFToken": mark(client)})
    if endpoint == "tiles.show":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login")


def test_every_endpoint_stands_in_the_table_or_is_refused(site):
    for rule in site.app.url_map.iter_rules():
        known = rule.endpoint in ALLOWED or rule.endpoint in PUBLIC
        assert known or not any(may_open(role, rule.endpoint) for role in (*ROLES, None))


def test_the_table_names_no_endpoint_that_does_not_exist(site):
    there = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert set(ALLOWED) | PUBLIC <= there


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("layer", sorted(TILE_LAYERS))
def test_tile_layers_are_for_their_roles(site, signed_in, layer, role):
    answer = signed_in(role).get(f"/tiles/{site.toy}/{layer}/0/0/0.pbf")
    assert answer.status_code == (200 if role in TILE_LAYERS[layer] else 403)


@pytest.mark.parametrize("role", ["worker", "planner", "liaison"])
def test_a_district_out_of_scope_is_refused(site, signed_in, role):
    assert signed_in(role).get("/d/987/gaps").status_code == 403
    assert signed_in(role).get("/tiles/987/cells/0/0/0.pbf").status_code == 403


def test_the_database_refuses_a_second_time(site, signed_in, monkeypatch):
    monkeypatch.setattr("web.auth.may_open", lambda *_: True)
    page = signed_in("planner").get(f"/d/{site.toy}/cameras").text
    assert "cam1" not in page


def mark(browser):
    from tests.web.conftest import csrf

    page = browser.get("/account", follow_redirects=True)
    return csrf(page.text)


def test_one_refused_layer_refuses_the_whole_tile(site, signed_in):
    path = f"/tiles/{site.toy}/communities,views/0/0/0.pbf"
    assert signed_in("liaison").get(path).status_code == 200
    assert signed_in("planner").get(path).status_code == 403
