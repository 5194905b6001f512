"""Drafts of borders over HTTP: begin, edit, undo, conflicts, bad input, publish, move on."""

import json
import re
import threading

import pytest
from sqlalchemy.orm import Session

from gridmap.samples import WEST
from tests.web.conftest import PASSWORD, _load, close_app, csrf, make_app, sign_in

pytestmark = pytest.mark.store


@pytest.fixture
def desk(scratch):
    """An application of its own, for tests that publish: two planners and a worker signed in."""
    from gridmap.store import accounts

    toy, _ = _load(scratch)
    with Session(scratch.owner) as session:
        for name, role in (("one", "planner"), ("two", "planner"), ("liaison", "liaison")):
            accounts.add_user(session, name, role, [accounts.Part(toy)], password=PASSWORD)
        part = accounts.Part(toy, community_code=WEST)
        accounts.add_user(session, "part", "planner", [part], password=PASSWORD)
        session.commit()
    app = make_app(scratch)
    yield Desk(app, toy)
    close_app(app)


class Desk:
    """Browsers of several people on one application."""

    def __init__(self, app, toy):
        self.app = app
        self.here = f"/d/{toy}/grid/drafts"
        self.browsers = {}

    def browser(self, name="one"):
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client()
            assert sign_in(self.browsers[name], name).status_code == 302
        return self.browsers[name]

    def post(self, path, name="one", **fields):
        browser = self.browser(name)
        token = csrf(browser.get("/account").text)
        return browser.post(self.here + path, data={"csrf_token": token, **fields})

    def begin(self, title="Draft", name="one"):
        answer = self.post("", name, title=title)
        assert answer.status_code == 302
        return int(answer.headers["Location"].rsplit("/", 1)[1])

    def ground(self, draft, name="one"):
        return self.browser(name).get(f"{self.here}/{draft}/ground?community={WEST}").get_json()

    def send(self, draft, operation, revision, name="one", **more):
        browser = self.browser(name)
        headers = {"X-CSRFToken": csrf(browser.get("/account").text), "Accept": "application/json"}
        body = {"revision": revision, "community": WEST, "operation": operation, **more}
        return browser.post(f"{self.here}/{draft}/operations", json=body, headers=headers)

    def publish(self, draft, revision, on, name="one"):
        return self.post(f"/{draft}/publish", name, revision=revision, on=on)


def today():
    import datetime as dt
    from zoneinfo import ZoneInfo

    return dt.datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def insert(ground, east=0.0, north=0.0003):
    """Operation that bends the one border of the community."""
    line = ground["borders"][0]["line"]
    at = [sum(axis) / 2 for axis in zip(*line[:2], strict=True)]
    return {"op": "insert", "at": at, "to": [at[0] + east, at[1] + north]}


def area(told, cell):
    cells = {one["properties"]["cell_id"]: one["properties"] for one in told["cells"]["features"]}
    return cells[cell]["area_m2"]


def test_a_border_moved_moves_for_both_and_undo_gives_it_back(desk):
    draft = desk.begin()
    before = desk.ground(draft)
    told = desk.send(draft, insert(before), 0).get_json()
    assert set(told["touched"]) == {"nw", "sw"}
    assert area(told, "nw") < 40_000 < area(told, "sw")
    assert area(told, "nw") + area(told, "sw") == pytest.approx(80_000, abs=1e-3)
    back = desk.send(draft, "undo", 1).get_json()
    assert back["cells"] == before["cells"]
    assert back["changed"] == []
    again = desk.send(draft, "redo", 2).get_json()
    assert again["cells"] == told["cells"]


def test_the_pages_of_a_draft_open_and_list_it(desk):
    draft = desk.begin("North")
    desk.send(draft, {"op": "merge", "cells": ["nw", "sw"]}, 0)
    assert "North" in desk.browser().get(desk.here).text
    page = desk.browser().get(f"{desk.here}/{draft}").text
    assert 'id="draft-wire"' in page
    assert 'value="1" data-revision' in page
    shown = desk.browser().get(f"{desk.here}/{draft}/difference").text
    assert "merged away" in shown
    assert f'max="{today()}"' in shown


def test_only_planners_of_the_whole_district_see_drafts(desk):
    draft = desk.begin()
    assert desk.browser("two").get(f"{desk.here}/{draft}").status_code == 200
    assert desk.browser("liaison").get(f"{desk.here}/{draft}").status_code == 403
    assert desk.browser("part").get(f"{desk.here}/{draft}").status_code == 404
    assert desk.send(draft, "undo", 0, "part").status_code == 404


def test_an_edit_on_an_old_revision_is_refused_and_nothing_is_lost(desk):
    draft = desk.begin()
    ground = desk.ground(draft)
    assert desk.send(draft, insert(ground), 0).status_code == 200
    late = desk.send(draft, insert(ground, north=-0.0002), 0, "two")
    assert late.status_code == 409
    assert "reload" in late.get_json()["error"]
    assert desk.ground(draft)["undo"] == 1


def test_of_two_edits_at_the_same_moment_one_is_written(desk):
    draft = desk.begin()
    ground = desk.ground(draft)
    for name in ("one", "two"):
        desk.browser(name)
    answers = []

    def edit(name, north):
        answers.append(desk.send(draft, insert(ground, north=north), 0, name).status_code)

    pair = [threading.Thread(target=edit, args=pick) for pick in (("one", 3e-4), ("two", -3e-4))]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    assert sorted(answers) == [200, 409]
    assert desk.ground(draft)["undo"] == 1


NAN = '{"revision": 0, "community": "' + WEST + '", "operation": {"op": "delete", "at": [NaN, 0]}}'


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "merge", "cells": ["nw", "nowhere"]},
        {"op": "merge", "cells": ["nw"]},
        {"op": "explode"},
        {"op": "delete", "at": [1e300, 0]},
        {"op": "move", "at": [117.0, 39.0], "to": [117.0, 39.0]},
        {"op": "split", "cell": "nw", "line": [[117.0, 39.75]] * 3},
        {"op": "between", "cells": ["nw", "se"], "metres": 10},
        {"op": "between", "cells": ["nw", "sw"], "metres": 1e9},
        {"op": "halve", "cell": "<script>", "along": "ns"},
        ["undo"],
        None,
        7,
    ],
)
def test_bad_operations_are_refused_and_the_draft_is_as_it_was(desk_shared, operation):
    desk, draft = desk_shared
    answer = desk.send(draft, operation, 0)
    assert answer.status_code == 400
    assert answer.get_json()["detail"]
    assert desk.ground(draft)["revision"] == 0


def test_numbers_that_are_none_and_bodies_too_large_are_refused(desk_shared):
    desk, draft = desk_shared
    token = csrf(desk.browser().get("/account").text)
    headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
    address = f"{desk.here}/{draft}/operations"
    assert desk.browser().post(address, data=NAN, headers=headers).status_code == 400
    large = json.dumps({"revision": 0, "operation": {"line": [[0, 0]] * 1_500_000}})
    assert len(large) > 10_000_000
    assert desk.browser().post(address, data=large, headers=headers).status_code in (400, 413)
    assert desk.browser().post(address, data="[", headers=headers).status_code == 400
    assert desk.ground(draft)["revision"] == 0


def test_a_corner_dragged_out_of_its_community_is_refused_with_the_reason(desk):
    draft = desk.begin()
    told = desk.send(draft, insert(desk.ground(draft)), 0).get_json()
    corner = told["borders"][0]["line"][1]
    answer = desk.send(draft, {"op": "move", "at": corner, "to": [corner[0] + 0.01, corner[1]]}, 1)
    assert answer.status_code == 400
    assert "outside community" in answer.get_json()["detail"]
    assert desk.ground(draft)["cells"] == told["cells"]


def test_publishing_puts_the_grid_in_force_and_the_second_is_offered_a_replay(desk):
    one, two = desk.begin("first"), desk.begin("second", "two")
    desk.send(one, {"op": "merge", "cells": ["nw", "sw"]}, 0)
    east = {"community": "110101001002"}
    answer = desk.send(two, {"op": "merge", "cells": ["ne", "se"]}, 0, "two", **east)
    assert answer.status_code == 200
    assert desk.publish(one, 1, today()).status_code == 302
    refused = desk.publish(two, 1, today(), "two")
    assert refused.status_code == 409
    assert "Replay on the present grid" in refused.text
    assert desk.post(f"/{two}/rebase", "two").status_code == 302
    page = desk.browser("two").get(f"{desk.here}/{two}/difference").text
    assert "merged away" in page
    assert desk.publish(two, 2, today(), "two").status_code == 302
    listed = desk.browser().get(desk.here).text
    assert listed.count("published as edition") == 2
    desk.begin("third, still open")
    listed = desk.browser().get(desk.here).text
    assert "published as edition 2<" in listed and "published as edition 3<" in listed


def test_the_pages_of_the_grid_tell_the_cells_that_were_published(desk):
    from tests.web.test_pages import ENGLISH

    page = desk.here.removesuffix("/drafts")
    told = {}
    for moment in ("before", "after"):
        answer = desk.browser().get(f"{page}?measure=area_m2", headers=ENGLISH)
        told[moment] = answer.text
        if moment == "before":
            draft = desk.begin("merge")
            assert desk.send(draft, {"op": "merge", "cells": ["nw", "sw"]}, 0).status_code == 200
            assert desk.publish(draft, 1, today()).status_code == 302
    assert 'data-cell-id="sw"' in told["before"] and "of 4 cells" in told["before"]
    assert 'data-cell-id="sw"' not in told["after"] and "of 3 cells" in told["after"]
    # Two cells of 200 m by 200 m are one.
    assert re.search(r"80\W000\Wm²", told["after"]) and not re.search(r"80\W000", told["before"])
    assert ",sw," not in desk.browser().get(f"{page}.csv").text


def test_a_replay_leaves_out_what_no_longer_fits(desk):
    one, two = desk.begin("first"), desk.begin("second", "two")
    desk.send(one, {"op": "merge", "cells": ["nw", "sw"]}, 0)
    desk.send(two, insert(desk.ground(two)), 0, "two")
    assert desk.publish(one, 1, today()).status_code == 302
    assert desk.browser("two").get(f"{desk.here}/{two}").text.count("Replay on the present grid")
    page = desk.post(f"/{two}/rebase", "two")
    shown = desk.browser("two").get(page.headers["Location"]).text
    assert "1 edit no longer fits and was left out." in shown


@pytest.mark.parametrize("on", ["2999-01-01", "yesterday", ""])
def test_a_day_that_cannot_be_is_refused_and_the_draft_stays_open(desk_shared, on):
    desk, _ = desk_shared
    draft = desk.begin("day")
    desk.send(draft, {"op": "merge", "cells": ["nw", "sw"]}, 0)
    assert desk.publish(draft, 1, on).status_code == 400
    assert desk.ground(draft)["undo"] == 1


def test_what_changes_nothing_is_not_published_and_a_closed_draft_takes_no_edit(desk):
    draft = desk.begin()
    assert desk.publish(draft, 0, today()).status_code == 400
    assert desk.post(f"/{draft}/discard").status_code == 302
    assert desk.send(draft, {"op": "merge", "cells": ["nw", "sw"]}, 1).status_code == 409
    assert desk.browser().get(f"{desk.here}/{draft}").status_code == 302


def test_borders_are_edited_without_the_map(desk):
    draft = desk.begin()
    form = {"community": WEST, "action": "between", "pair": "nw|sw", "metres": "10", "revision": 0}
    assert desk.post(f"/{draft}/table", **form).headers["Location"].endswith("#keyboard")
    assert area(desk.ground(draft), "nw") == pytest.approx(42_000, abs=1)
    halve = {"community": WEST, "action": "halve", "cell": "nw", "along": "ns", "revision": 1}
    desk.post(f"/{draft}/table", **halve)
    assert desk.ground(draft)["changed"] == ["nw", "nw-2", "sw"]
    wrong = desk.post(f"/{draft}/table", **(halve | {"revision": 1}))
    assert "Nothing was changed." in desk.browser().get(wrong.headers["Location"]).text


@pytest.fixture(scope="module")
def desk_shared(server):
    """A desk whose draft no test changes."""
    from gridmap.store import accounts
    from tests.conftest import _database

    with _database(server) as made:
        toy, _ = _load(made)
        with Session(made.owner) as session:
            accounts.add_user(session, "one", "planner", [accounts.Part(toy)], password=PASSWORD)
            session.commit()
        desk = Desk(make_app(made), toy)
        yield desk, desk.begin()
        close_app(desk.app)
