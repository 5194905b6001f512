"""Scenarios over HTTP: begin, change, undo, two editors, sharing, bad input, older data, files."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.web.conftest import PASSWORD, _load, close_app, csrf, make_app, sign_in

pytestmark = pytest.mark.store
KIND = "pharmacy"


@pytest.fixture
def desk(scratch):
    """An application of its own: two planners, a liaison and a worker."""
    from gridmap.samples import WEST
    from gridmap.store import accounts

    toy, _ = _load(scratch)
    with Session(scratch.owner) as session:
        for name, role in (("one", "planner"), ("two", "planner"), ("liaison", "liaison")):
            accounts.add_user(session, name, role, [accounts.Part(toy)], password=PASSWORD)
        part = accounts.Part(toy, community_code=WEST)
        accounts.add_user(session, "part", "planner", [part], password=PASSWORD)
        session.commit()
    app = make_app(scratch)
    yield Desk(app, toy, scratch)
    close_app(app)


class Desk:
    """Browsers of several people on one application."""

    def __init__(self, app, toy, store):
        self.app, self.toy, self.store = app, toy, store
        self.here = f"/d/{toy}/scenarios"
        self.browsers = {}

    def browser(self, name="one"):
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client()
            assert sign_in(self.browsers[name], name).status_code == 302
        return self.browsers[name]

    def get(self, path="", name="one"):
        return self.browser(name).get(self.here + path)

    def post(self, path, name="one", **fields):
        browser = self.browser(name)
        token = csrf(browser.get("/account").text)
        return browser.post(self.here + path, data={"csrf_token": token, **fields})

    def begin(self, title="More pharmacies", name="one", **fields):
        answer = self.post("", name, title=title, **fields)
        assert answer.status_code == 302
        return int(answer.headers["Location"].rsplit("/", 1)[1])

    def send(self, number, change, revision=0, name="one", path="changes", **more):
        browser = self.browser(name)
        headers = {"X-CSRFToken": csrf(browser.get("/account").text), "Accept": "application/json"}
        body = {"revision": revision, "type": KIND, "change": change, **more}
        return browser.post(f"{self.here}/{number}/{path}", json=body, headers=headers)

    def place(self, dx=0.0, dy=0.0):
        """Longitude and latitude of a place of the drawing [m]."""
        import geopandas as gpd

        from gridmap.samples import TOY_CRS, at

        spot = gpd.GeoSeries([at(dx, dy)], crs=TOY_CRS).to_crs(4326).iloc[0]
        return {"lon": spot.x, "lat": spot.y}

    def reload(self):
        with self.store.owner.begin() as connection:
            connection.execute(text("UPDATE districts SET loaded_at = now() + interval '1 hour'"))


def test_moving_a_site_tells_who_gains_and_who_loses(desk):
    number = desk.begin()
    answer = desk.send(number, {"op": "move", "site_id": "s1", **desk.place(300, 100)})
    assert answer.status_code == 200
    told, facts = answer.get_json()["told"], answer.get_json()["said"]["facts"]
    assert (told["revision"], told["undo"], told["marks"][0]["state"]) == (1, 1, "moved")
    assert facts["people"] == "500"
    page = desk.get(f"/{number}?type={KIND}").text
    assert facts["after"] in page
    assert f'data-fact="after">{facts["after"]}<' in page


def test_trying_stores_nothing(desk):
    number = desk.begin()
    change = {"op": "close", "site_id": "s1"}
    answer = desk.send(number, change, path="try").get_json()
    assert answer["told"]["marks"][0]["state"] == "closed"
    assert answer["said"]["facts"]["after"] == "0"
    assert desk.send(number, "undo").status_code == 400


def test_undo_and_redo_go_back_and_forth(desk):
    number = desk.begin()
    desk.send(number, {"op": "close", "site_id": "s1"})
    back = desk.send(number, "undo", 1).get_json()["told"]
    assert (back["undo"], back["redo"], back["values"]) == (0, 1, {})
    again = desk.send(number, "redo", 2).get_json()["told"]
    assert (again["undo"], again["redo"], again["revision"]) == (1, 0, 3)
    assert desk.send(number, "redo", 3).status_code == 400


def test_of_two_editors_the_second_is_told_and_nothing_is_lost(desk):
    number = desk.begin()
    assert desk.send(number, {"op": "close", "site_id": "s1"}).status_code == 200
    late = desk.send(number, {"op": "resize", "site_id": "s1", "capacity": 100})
    assert late.status_code == 409
    assert "revision 1" in late.get_json()["error"]
    assert "Close" in desk.get(f"/{number}?type={KIND}").text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"op": "close", "site_id": "s9"}, "there is no site"),
        ({"op": "norm", "type": KIND, "norm_m": 0}, "above 0"),
        ({"op": "norm", "type": KIND, "norm_m": -5}, "above 0"),
        ({"op": "norm", "type": KIND, "norm_m": "far"}, "number for norm_m"),
        ({"op": "norm", "type": KIND, "norm_m": "NaN"}, "number for norm_m"),
        ({"op": "norm", "type": "castle", "norm_m": 5}, "no norm of distance"),
        ({"op": "resize", "site_id": "s1", "capacity": 0}, "above 0"),
        ({"op": "retype", "site_id": "s1", "type": "castle"}, "no norm of distance"),
        ({"op": "move", "site_id": "s1"}, "two coordinates"),
        ({"op": "move", "site_id": "s1", "lon": 500, "lat": 0}, "±180"),
        ({"op": "add", "site_id": "s1", "type": KIND, "lon": 117, "lat": 39.7}, "already"),
        ({"op": "add", "type": KIND, "lon": 117, "lat": 39.7}, "identifier"),
        ({"op": "reopen", "site_id": "s1"}, "open already"),
        ({"op": "burn"}, "Expected a change"),
        (None, "Expected a change"),
        ([1], "Expected a change"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(desk, change, expected):
    number = desk.begin()
    answer = desk.send(number, change)
    assert answer.status_code == 400
    assert expected in answer.get_json()["error"]
    assert desk.send(number, {"op": "close", "site_id": "s1"}, 0).status_code == 200


def test_a_site_dragged_out_of_the_district_is_refused(desk):
    number = desk.begin()
    away = {"op": "move", "site_id": "s1", **desk.place(-300, 100)}
    answer = desk.send(number, away)
    assert answer.status_code == 400
    assert "outside" in answer.get_json()["error"]


def test_the_forms_work_without_a_script(desk):
    number = desk.begin()
    fields = {"op": "norm", "type": KIND, "norm_m": "150", "revision": "0", "kind": KIND}
    answer = desk.post(f"/{number}/form", **fields)
    assert answer.status_code == 302
    page = desk.browser().get(answer.headers["Location"]).text
    assert "150" in page
    refused = desk.post(f"/{number}/form", **fields)
    page = desk.browser().get(refused.headers["Location"]).text
    assert "Nothing was changed" in page


def test_a_scenario_is_seen_by_colleagues_only_while_shared_and_changed_by_its_owner(desk):
    number = desk.begin("Mine alone")
    assert desk.get(f"/{number}", "two").status_code == 404
    assert "Mine alone" not in desk.get("", "two").text
    desk.post(f"/{number}/settings", do="share")
    assert "Mine alone" in desk.get("", "two").text
    shown = desk.get(f"/{number}", "two").text
    assert "belongs to a colleague" in shown
    assert 'id="form"' not in shown
    refused = desk.send(number, {"op": "close", "site_id": "s1"}, name="two")
    assert refused.status_code == 409
    assert desk.post(f"/{number}/settings", "two", do="remove").status_code == 409
    copy = desk.begin("", "two", copy=number)
    assert desk.send(copy, {"op": "close", "site_id": "s1"}, name="two").status_code == 200


@pytest.mark.parametrize("name", ["liaison", "part"])
def test_liaisons_and_planners_of_a_part_have_no_scenarios(desk, name):
    number = desk.begin()
    desk.post(f"/{number}/settings", do="share")
    assert desk.get("", name).status_code == (403 if name == "liaison" else 200)
    assert desk.get(f"/{number}", name).status_code in {403, 404}


def test_a_removed_scenario_is_taken_back(desk):
    number = desk.begin("Gone for now")
    desk.post(f"/{number}/settings", do="remove")
    page = desk.get().text
    assert "Gone for now" in page
    assert "Take back" in page
    desk.post(f"/{number}/settings", do="restore")
    assert f"/scenarios/{number}" in desk.get().text
    assert desk.post(f"/{number}/settings", do="burn").status_code == 400


def test_a_scenario_of_older_data_says_so_and_takes_over_the_present(desk):
    number = desk.begin()
    desk.send(number, {"op": "close", "site_id": "s1"})
    desk.send(number, {"op": "close", "site_id": "s2"}, 1)
    with desk.store.owner.begin() as connection:
        connection.execute(text("DELETE FROM sites WHERE site_id = 's1'"))
    desk.reload()
    page = desk.get(f"/{number}").text
    assert "loaded anew" in page
    assert "there is no site" in page
    assert desk.send(number, "undo", 2).status_code == 409
    assert "made for older data" in desk.get().text
    assert desk.post(f"/{number}/rebase").status_code == 302
    page = desk.get(f"/{number}").text
    assert "loaded anew" not in page
    assert len(re.findall(r"<li>Close", page)) == 1


def test_scenarios_are_compared_side_by_side(desk):
    first, second = desk.begin("First"), desk.begin("Second")
    desk.send(first, {"op": "close", "site_id": "s1"})
    desk.send(second, {"op": "norm", "type": KIND, "norm_m": 150})
    page = desk.get(f"/compare?with={first}&with={second}").text
    assert "First" in page
    assert "Second" in page
    assert "<strong>500</strong>" in page
    assert "\u2212500" in page
    assert desk.get("/compare").status_code == 400
    many = "&".join(f"with={n}" for n in range(1, 7))
    assert desk.get(f"/compare?{many}").status_code == 400


def test_a_scenario_is_handed_out_as_csv_and_geopackage(desk, tmp_path):
    import pyogrio

    number = desk.begin("Ünïcode / ../ name")
    desk.send(number, {"op": "move", "site_id": "s1", **desk.place(300, 100)})
    table = desk.get(f"/{number}/export.csv")
    assert table.mimetype == "text/csv"
    assert ".." not in table.headers["Content-Disposition"]
    file = tmp_path / "out.gpkg"
    file.write_bytes(desk.get(f"/{number}/export.gpkg").data)
    assert {name for name, _ in pyogrio.list_layers(file)} == {"cells", "sites"}
    sites = pyogrio.read_dataframe(file, layer="sites")
    assert sites[["site_id", "serves"]].values.tolist() == [["s1", "yes"]]
    assert desk.get(f"/{number}/export.exe").status_code == 400


def test_a_scenario_of_a_removed_district_is_not_there_any_more(desk):
    number = desk.begin()
    with desk.store.owner.begin() as connection:
        connection.execute(text("DELETE FROM districts WHERE id = :id"), {"id": desk.toy})
    assert desk.get(f"/{number}").status_code in {403, 404}
    assert desk.get().status_code in {403, 404}


def test_hostile_names_stay_text(desk):
    number = desk.begin("<script>alert(1)</script>")
    change = {
        "op": "add",
        "site_id": "n1",
        "type": KIND,
        "name": "</script><b>x",
        **desk.place(100, 100),
    }
    assert desk.send(number, change).status_code == 200
    page = desk.get(f"/{number}?type={KIND}").text
    assert "<script>alert" not in page
    assert "</script><b>x" not in page
