"""Nothing a map loads comes from elsewhere."""

import threading

import branca.element
import folium
import pytest
from folium.plugins import MarkerCluster

from gridmap.errors import AssetError
from gridmap.maps import assets


@pytest.fixture(autouse=True)
def links_are_local() -> None:
    assets.keep_links_local()


def test_an_unknown_address_raises_and_is_named() -> None:
    with pytest.raises(AssetError, match=r"https://cdn\.example/chart\.js"):
        branca.element.JavascriptLink("https://cdn.example/chart.js")
    with pytest.raises(AssetError, match=r"does not serve itself"):
        branca.element.CssLink("//cdn.example/chart.css")


def test_a_plain_folium_page_cannot_be_rendered_with_links_to_other_hosts() -> None:
    with pytest.raises(AssetError):
        folium.Map(tiles=None).get_root().render()


def test_a_plugin_that_is_not_vendored_is_refused() -> None:
    page_map = folium.Map(tiles=None)
    MarkerCluster().add_to(page_map)
    with pytest.raises(AssetError):
        page_map.get_root().render()


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.example/leaflet@2.0.0/dist/leaflet.js",
        "/static/vendor/leaflet/../../secret.js",
        "/static/vendor/leaflet/leaflet.js?x",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_only_looks_local_or_known_is_refused(address: str) -> None:
    with pytest.raises(AssetError):
        assets.localise(address)


def test_patching_twice_and_from_many_threads_wraps_once() -> None:
    threads = [threading.Thread(target=assets.keep_links_local) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not hasattr(branca.element.CssLink.__init__.__wrapped__, "__wrapped__")


def test_a_file_that_is_not_installed_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    with pytest.raises(AssetError, match="scripts/assets"):
        assets.vendor_path("leaflet.js")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AssetError, match=r"leaflet\.js"):
        assets.vendor_path("jquery.js")
    with pytest.raises(AssetError, match=r"leaflet\.js"):
        assets.local_url("jquery.js")


def test_a_file_with_an_end_tag_is_not_put_into_a_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "map.css").write_text("/* </STYLE> */")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    assets.inline_text.cache_clear()
    with pytest.raises(AssetError, match="end tag"):
        assets.inline_text("map.css")
    assets.inline_text.cache_clear()


@pytest.mark.parametrize("name", assets.VENDORED)
def test_every_file_a_map_names_is_there(name: str) -> None:
    assert assets.vendor_path(name).stat().st_size > 0
