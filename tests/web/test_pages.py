"""Every page opens for whoever may open it, in three languages, with what its reader needs."""

import math
import re

import pytest

from gridmap.store.reads import read_district
from tests.web.conftest import HOSTILE, csrf

pytestmark = pytest.mark.store
ENGLISH = {"Accept-Language": "en"}

PAGES = [
    ("worker", "/d/{d}/my-cells"),
    ("worker", "/d/{d}/my-cells/map"),
    ("worker", "/d/{d}/cells/nw"),
    ("worker", "/d/{d}/gaps"),
    ("planner", "/d/{d}/overview"),
    ("planner", "/d/{d}/staffing"),
    ("planner", "/d/{d}/staffing?tab=rules"),
    ("planner", "/d/{d}/staffing?tab=load"),
    ("planner", "/d/{d}/staffing?tab=absences"),
    ("planner", "/d/{d}/staffing?tab=suggestion"),
    ("planner", "/d/{d}/staffing?tab=import"),
    ("planner", "/d/{d}/answers"),
    ("planner", "/d/{d}/answers?cell=nw&on=2026-03-02"),
    ("planner", "/d/{d}/grid"),
    ("planner", "/d/{d}/grid?principle=follows_ground"),
    ("planner", "/d/{d}/grid/drafts"),
    ("planner", "/d/{d}/history?cell=nw"),
    ("planner", "/d/{d}/standards"),
    ("planner", "/d/{d}/standards?edit="),
    ("planner", "/d/{d}/services"),
    ("planner", "/d/{d}/services?type=pharmacy&measure=reached"),
    ("planner", "/d/{d}/services?type=nothing&measure=nothing"),
    ("planner", "/d/{d}/services?sort=p90_m&order=desc"),
    ("planner", "/d/{d}/services?type=pharmacy&measure=walk_mean_m&sort=value&order=desc"),
    ("planner", "/d/{d}/patrol"),
    ("planner", "/d/{d}/gaps?dimension=services&status=missed&sort=people&order=desc&page=2"),
    ("planner", "/d/{d}/cells/se"),
    ("planner", "/d/{d}/search?q=north"),
    ("liaison", "/d/{d}/overview"),
    ("liaison", "/d/{d}/patrol"),
    ("liaison", "/d/{d}/patrol?window=day@2026-03-02"),
    ("liaison", "/d/{d}/cameras"),
    ("liaison", "/d/{d}/cameras?level=range"),
    ("liaison", "/d/{d}/cameras?show=depth&table=cameras"),
    ("liaison", "/d/{d}/cameras?show=spots&table=spots&edition=2025"),
    ("liaison", "/d/{d}/cameras/cam1"),
    ("liaison", "/d/{d}/privacy"),
    ("liaison", "/d/{d}/privacy?camera=cam1"),
    ("liaison", "/d/{d}/plan/cameras"),
    ("liaison", "/d/{d}/gaps"),
    ("liaison", "/d/{d}/cells/sw"),
    ("admin", "/d/{d}/overview"),
    ("admin", "/d/{d}/gaps"),
    ("admin", "/users"),
    ("admin", "/audit"),
    ("admin", "/account"),
    ("admin", "/account/sessions"),
]


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
@pytest.mark.parametrize(("role", "path"), PAGES)
def test_every_page_opens_in_every_language(site, signed_in, role, path, language):
    browser = signed_in(role)
    with browser.session_transaction() as session:
        session.pop("language", None)
    answer = browser.get(path.format(d=site.toy), headers={"Accept-Language": language})
    assert answer.status_code == 200
    tag = {"zh-CN": "zh-Hans", "zh-TW": "zh-Hant", "en": "en"}[language]
    assert f'<html lang="{tag}"' in answer.text


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_hostile_names_are_text_on_every_page(site, signed_in, role, path):
    page = signed_in(role).get(path.format(d=site.hostile)).text
    assert "<img src=x" not in page
    assert "</script><img" not in page
    assert "49" not in page[: page.find("</title>")]
    scripts = page.split("<script nonce=")[1:]
    assert all("alert(1)" not in part.split("</script>")[0] for part in scripts)


def test_the_hostile_name_is_shown_as_it_is(site, signed_in):
    from markupsafe import escape

    page = signed_in("planner").get(f"/d/{site.hostile}/services").text
    assert str(escape(HOSTILE)) in page


def test_the_first_line_of_services_names_figure_people_norm_and_date(site, signed_in):
    page = signed_in("planner").get(
        f"/d/{site.toy}/services?type=health_station", headers={"Accept-Language": "en"}
    )
    text = " ".join(page.text.split())
    assert "<strong>60.0 %</strong> of 500 people live within 300 m on foot" in text
    assert "200 do not" in text
    assert "2 March 2026" in text


def test_the_page_of_cameras_says_that_coverage_is_an_upper_bound(site, signed_in):
    page = (
        signed_in("liaison").get(f"/d/{site.toy}/cameras", headers={"Accept-Language": "en"}).text
    )
    assert "Trees and walls are not in the data: coverage is an upper bound" in page
    assert "Privacy, beside coverage" in page


def test_patrol_shows_two_bounds_and_planners_see_no_window(site, signed_in):
    english = {"Accept-Language": "en"}
    liaison = signed_in("liaison").get(f"/d/{site.toy}/patrol", headers=english).text
    planner = signed_in("planner").get(f"/d/{site.toy}/patrol", headers=english).text
    assert (
        "<strong>50.0\u202f%</strong> to <strong>100.0\u202f%</strong> of 4 due windows" in liaison
    )
    assert "window=@2026-03-02" in signed_in("liaison").get(
        f"/d/{site.toy}/patrol?by=day", headers=english
    ).text.replace("%40", "@")
    assert "day@2026-03-02" not in planner
    assert "at least 7 days old" in planner


def test_synthetic_layers_are_named_on_a_ribbon(site, signed_in):
    english = {"Accept-Language": "en"}
    page = signed_in("planner").get(f"/d/{site.toy}/overview", headers=english).text
    assert "Synthetic data" in page
    assert "fixes" in page[page.find("Synthetic data") :][:200]
    clean = signed_in("planner").get(f"/d/{site.hostile}/overview", headers=english).text
    assert "Synthetic data" not in clean


def test_the_worker_sees_own_cells_only(site, signed_in):
    page = signed_in("worker").get(f"/d/{site.toy}/my-cells").text
    assert "North-west" in page
    assert "South-east" not in page
    assert signed_in("worker").get(f"/d/{site.toy}/cells/se").status_code == 403


def test_rows_of_the_table_twin_carry_their_cell(site, signed_in):
    page = signed_in("planner").get(f"/d/{site.toy}/services?type=health_station").text
    for cell in ("nw", "ne", "sw", "se"):
        assert f'data-cell-id="{cell}"' in page


def test_the_table_is_sorted_as_the_address_says(site, signed_in):
    path = f"/d/{site.toy}/services?type=health_station&sort=unserved"
    up = signed_in("planner").get(f"{path}&order=asc").text
    down = signed_in("planner").get(f"{path}&order=desc").text
    assert up.find('data-cell-id="nw"') > up.find('data-cell-id="se"')
    assert down.find('data-cell-id="nw"') < down.find('data-cell-id="se"')


def test_gaps_are_exported_as_csv_with_the_synthetic_layers_named(site, signed_in):
    answer = signed_in("planner").get(f"/d/{site.toy}/gaps.csv?dimension=services")
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert answer.mimetype == "text/csv"
    assert lines[0].startswith("rank,dimension,measure")
    assert lines[1].endswith("posts; fixes") or lines[1].endswith("fixes; posts")


def test_the_details_beside_a_map_are_texts_ready_to_read(site, signed_in):
    answer = signed_in("planner").get(
        f"/d/{site.toy}/cells/nw/details", headers={"Accept-Language": "en"}
    )
    assert answer.json["name"] == "North-west"
    assert {"label": "population", "value": "200"} in answer.json["facts"]
    assert len(answer.json["bounds"]) == 4


def test_a_tile_comes_once_and_is_then_kept(site, signed_in):
    with site.app.app_context(), site.store.owner.connect() as connection:
        west, south, *_ = read_district(connection, site.toy)["bounds"]
    x, y = int((west + 180) / 360 * 2**14), int(tile_row(south) * 2**14)
    path = f"/tiles/{site.toy}/cells/14/{x}/{y}.pbf?measure=pharmacy.walk_share"
    first = signed_in("planner").get(path)
    again = signed_in("planner").get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert first.data
    assert first.headers["Cache-Control"].startswith("private")


def tile_row(latitude):
    """Place of a latitude from the north edge of the web map, as a share of its height."""
    return (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2


def test_tiles_outside_the_world_and_of_unknown_layers_do_not_exist(site, signed_in):
    browser = signed_in("liaison")
    assert browser.get(f"/tiles/{site.toy}/cells/3/9/0.pbf").status_code == 400
    assert browser.get(f"/tiles/{site.toy}/moods/0/0/0.pbf").status_code == 403


def test_search_finds_a_cell_and_offers_names(site, signed_in):
    found = signed_in("planner").get(f"/d/{site.toy}/search.json?q=north-w").json
    assert {"kind": "cell", "id": "nw", "name": "North-west"} in found
    assert signed_in("worker").get(f"/d/{site.toy}/search.json?q=south-e").json == []


def test_a_user_without_a_district_is_told_who_helps(client):
    from tests.web.conftest import sign_in

    sign_in(client, "nobody")
    answer = client.get("/", follow_redirects=True, headers={"Accept-Language": "en"})
    assert "No district lies in your scope" in answer.text


def test_language_and_look_are_kept_and_go_back_to_the_page(site, signed_in):
    browser = signed_in("liaison")
    token = csrf(browser.get("/account").text)
    told = {"language": "zh_Hant", "look": "sun", "back": "/account", "csrf_token": token}
    answer = browser.post("/preferences", data=told)
    page = browser.get("/account").text
    assert answer.headers["Location"] == "/account"
    assert '<html lang="zh-Hant" data-look="sun" data-theme="light"' in page
    with browser.session_transaction() as session:
        session.pop("language")
        session.pop("look")


def test_patrol_of_a_cell_comes_in_classes_for_planners_and_admins(site, signed_in):
    for role in ("planner", "admin"):
        browser = signed_in(role)
        told = browser.get(f"/d/{site.toy}/cells/nw/details", headers=ENGLISH).json["measures"]
        patrol = [one for one in told if one["label"] == "windows met"]
        assert all("%" not in one["value"] and one["reason"] is None for one in patrol)
        sheet = browser.get(f"/d/{site.toy}/cells/nw", headers=ENGLISH).text
        assert "of due windows met" not in sheet


def test_the_gap_map_draws_what_the_table_lists(site, signed_in):
    page = (
        signed_in("planner")
        .get(f"/d/{site.toy}/gaps?dimension=services&status=missed", headers=ENGLISH)
        .text
    )
    assert re.search(r"/gaps/\{z\}/\{x\}/\{y\}\.pbf\?measure=services&(amp;)?status=missed", page)
    assert "Gaps by rank" in page


def test_the_user_list_names_districts(site, signed_in):
    page = signed_in("admin").get("/users", headers=ENGLISH).text
    name = signed_in("admin").get(f"/d/{site.toy}/gaps").text
    toy = re.search(r'aria-current="true">([^<]+)</a>', name).group(1)
    assert f"<td>{toy}: nw; " in page


def test_layers_asked_for_together_are_their_tiles_one_after_the_other(site, signed_in):
    with site.app.app_context(), site.store.owner.connect() as connection:
        west, south, *_ = read_district(connection, site.toy)["bounds"]
    place = f"14/{int((west + 180) / 360 * 2**14)}/{int(tile_row(south) * 2**14)}.pbf"
    browser, tiles = signed_in("planner"), f"/tiles/{site.toy}"
    alone = [
        browser.get(f"{tiles}/communities/{place}").data,
        browser.get(f"{tiles}/sites/{place}?measure=pharmacy").data,
    ]
    together = browser.get(f"{tiles}/communities,sites/{place}?sites.measure=pharmacy")
    assert together.data == b"".join(alone)
    assert all(alone)
    narrowed = browser.get(f"{tiles}/communities,sites/{place}?sites.measure=library")
    assert narrowed.headers["ETag"] != together.headers["ETag"]


@pytest.mark.parametrize("role", ["planner", "liaison", "admin"])
def test_the_overview_counts_the_gaps_that_the_gaps_page_lists(site, signed_in, role):
    def count(path):
        page = signed_in(role).get(f"/d/{site.toy}/{path}", headers=ENGLISH).text
        found = re.search(r"<strong>(\d+)</strong> gaps", page)
        assert found, page
        return int(found[1])

    assert count("overview") == count("gaps") > 0


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("planner", "history"),
        ("planner", "staffing?tab=load"),
        ("planner", "answers"),
        ("liaison", "cameras"),
    ],
)
def test_a_day_that_is_none_is_refused_on_every_page_that_has_one(site, signed_in, role, path):
    address = f"/d/{site.toy}/{path}{'&' if '?' in path else '?'}on=gestern"
    answer = signed_in(role).get(address)
    assert answer.status_code == 400
    assert "gestern" in answer.text
