import bz2
import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from gridmap.district import District
from gridmap.errors import CRSError, FileFormatError, InputError
from gridmap.io.osm import read_osm
from gridmap.io.osm.directions import Direction, directions_of

SHARED = Path(__file__).parents[3] / "../shared/data/osm"
UNIT_DEG = 0.0001
"""Nodes of the drawing lie on a lattice of this step, about 11 m."""


class Drawing:
    """A hand-written OSM file: nodes on a lattice, ways and relations by their tags."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], int] = {}
        self.tagged: list[str] = []
        self.rest: list[str] = []
        self.next_id = 100
        self.bounds = '<bounds minlat="59.999" minlon="24.999" maxlat="60.01" maxlon="25.01"/>'

    def node(self, x: int, y: int) -> int:
        return self.nodes.setdefault((x, y), 1000 + len(self.nodes))

    def point(self, x: float, y: float, **tags: str) -> None:
        self.next_id += 1
        place = f'lat="{60 + y * UNIT_DEG:.7f}" lon="{25 + x * UNIT_DEG:.7f}"'
        self.tagged.append(f'<node id="{self.next_id}" {place}>{_tags(tags)}</node>')

    def way(self, way_id: int, *corners: tuple[int, int] | int, **tags: str) -> None:
        refs = "".join(
            f'<nd ref="{one if isinstance(one, int) else self.node(*one)}"/>' for one in corners
        )
        self.rest.append(f'<way id="{way_id}">{refs}{_tags(tags)}</way>')

    def box(self, way_id: int, x0: int, y0: int, x1: int, y1: int, **tags: str) -> None:
        self.way(way_id, (x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0), **tags)

    def relation(self, relation_id: int, members: dict[int, str], **tags: str) -> None:
        parts = "".join(
            f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members.items()
        )
        self.rest.append(f'<relation id="{relation_id}">{parts}{_tags(tags)}</relation>')

    def text(self) -> str:
        bare = [
            f'<node id="{n}" lat="{60 + y * UNIT_DEG:.7f}" lon="{25 + x * UNIT_DEG:.7f}"/>'
            for (x, y), n in self.nodes.items()
        ]
        body = "\n".join([*self.tagged, *bare, *self.rest])
        return f'<?xml version="1.0"?>\n<osm version="0.6">{self.bounds}\n{body}\n</osm>'

    def write(self, folder: Path, name: str = "drawing.osm") -> Path:
        path = folder / name
        path.write_text(self.text(), encoding="utf-8")
        return path


def _tags(tags: dict[str, str]) -> str:
    pairs = [(key.replace("__", ":"), value) for key, value in tags.items()]
    escaped = [(key, value.replace('"', "&quot;")) for key, value in pairs]
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in escaped)


@pytest.fixture
def drawing() -> Drawing:
    return Drawing()


def test_ways_are_split_where_they_share_a_vertex(drawing, tmp_path):
    drawing.way(1, (0, 10), (10, 10), (15, 10), (20, 10), highway="residential", name="Long Street")
    drawing.way(2, (10, 0), (10, 10), (10, 20), highway="footway")
    drawing.way(3, (15, 0), (15, 20), highway="primary", bridge="yes")
    layers, _ = read_osm(drawing.write(tmp_path))
    edges = layers["roads"].groupby("osm_id")["part"].max() + 1
    assert edges.to_dict() == {"w1": 2, "w2": 2, "w3": 1}
    long_street = layers["roads"][layers["roads"]["osm_id"] == "w1"]
    assert [len(line.coords) for line in long_street.geometry] == [2, 3]


def test_a_way_that_crosses_itself_at_a_node_is_split_there(drawing, tmp_path):
    drawing.way(1, (0, 5), (5, 5), (10, 5), (10, 10), (5, 10), (5, 5), (5, 0), highway="path")
    layers, _ = read_osm(drawing.write(tmp_path))
    assert len(layers["roads"]) == 3


def test_length_of_streets_is_kept_by_the_split(drawing, tmp_path):
    drawing.way(1, (0, 0), (30, 0), (30, 40), highway="residential")
    drawing.way(2, (30, 0), (60, 0), highway="residential")
    whole = drawing.write(tmp_path)
    layers, _ = read_osm(whole)
    lattice = layers["roads"].geometry.length.sum()
    east, north = 111_412.84 * np.cos(np.radians(60)), 111_412.24
    assert lattice == pytest.approx((60 * east + 40 * north) * UNIT_DEG, rel=0.005)


def test_a_way_whose_nodes_are_not_in_the_file_ends_at_the_last_one(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), 999_999, (20, 0), (25, 0), highway="service")
    drawing.way(2, 999_998, (30, 0), highway="service")
    layers, account = read_osm(drawing.write(tmp_path))
    assert len(layers["roads"]) == 2
    assert account.count("street", "beyond the edge") == 2
    assert account.count("street", "fewer than two nodes") == 1


def test_a_street_node_listed_twice_makes_no_edge_of_no_length(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), (5, 0), (9, 0), highway="service")
    layers, _ = read_osm(drawing.write(tmp_path))
    assert (layers["roads"].geometry.length > 0).all()


@pytest.mark.parametrize(
    ("tags", "walkable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "trunk", "foot": "yes"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "designated"}, True),
        ({"highway": "cycleway"}, True),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "primary", "foot": "use_sidepath"}, False),
    ],
)
def test_tags_decide_whether_people_may_walk(drawing, tmp_path, tags, walkable):
    drawing.way(1, (0, 0), (5, 0), **tags)
    layers, _ = read_osm(drawing.write(tmp_path))
    assert layers["roads"]["walkable"].tolist() == [walkable]


def test_streets_that_do_not_exist_are_dropped_with_their_reason(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), highway="residential")
    drawing.way(2, (0, 1), (5, 1), highway="proposed")
    drawing.way(3, (0, 2), (5, 2), railway="tram")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["roads"]["osm_id"].tolist() == ["w1"]
    assert account.count("way", "highway=proposed") == 1
    assert account.count("way", "railway=tram") == 1


def test_rivers_and_rails_on_the_ground_are_lines_that_nobody_walks(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), highway="residential")
    drawing.way(2, (0, 1), (5, 1), railway="rail", name="North line")
    drawing.way(3, (0, 2), (5, 2), railway="rail", tunnel="yes")
    drawing.way(4, (0, 3), (5, 3), waterway="river")
    drawing.way(5, (0, 4), (5, 4), waterway="river", tunnel="culvert")
    drawing.way(6, (0, 5), (5, 5), railway="rail", layer="-1")
    roads = read_osm(drawing.write(tmp_path))[0]["roads"]
    assert roads["osm_id"].tolist() == ["w1", "w2", "w4"]
    assert roads["highway"].tolist() == ["residential", "rail", "river"]
    assert roads["walkable"].tolist() == [True, False, False]


def test_a_courtyard_stays_open(drawing, tmp_path):
    drawing.box(1, 0, 0, 10, 10)
    drawing.box(2, 3, 3, 6, 6)
    drawing.relation(
        9, {1: "outer", 2: "inner"}, type="multipolygon", building="apartments", name="Block"
    )
    layers, _ = read_osm(drawing.write(tmp_path))
    block = layers["buildings"].iloc[0]
    assert (block["osm_id"], block["use"], len(layers["buildings"])) == ("r9", "apartments", 1)
    assert len(block.geometry.interiors) == 1
    whole = shapely.Polygon(block.geometry.exterior).area
    assert block.geometry.area / whole == pytest.approx(1 - 9 / 100, abs=1e-3)


def test_an_outline_tagged_twice_counts_once(drawing, tmp_path):
    drawing.box(1, 0, 0, 10, 10, building="yes")
    drawing.box(2, 3, 3, 6, 6)
    drawing.relation(9, {1: "outer", 2: "inner"}, type="multipolygon", building="yes")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["buildings"]["osm_id"].tolist() == ["r9"]
    assert account.count("building", "counts instead") == 1


def test_building_parts_are_merged_into_their_outline(drawing, tmp_path):
    drawing.box(1, 0, 0, 10, 10, building="office")
    drawing.box(2, 0, 0, 5, 10, building__part="yes", building__levels="4", height="12 m")
    drawing.box(3, 5, 0, 10, 10, building__part="yes", building__levels="8", height="24")
    drawing.box(4, 20, 0, 25, 5, building__part="yes", building__levels="3")
    layers, account = read_osm(drawing.write(tmp_path))
    found = layers["buildings"].set_index("osm_id")
    assert sorted(found.index) == ["w1", "w4"]
    assert found.loc["w1", ["levels", "height_m"]].tolist() == pytest.approx([6, 24], abs=0.1)
    assert account.count("building part", "merged") == 2


@pytest.mark.parametrize(
    ("levels", "height", "expected"),
    [
        ("3;4", "12 m", (4, 12)),
        ("2.5", "5'", (2.5, 1.524)),
        ("2,5", "10 ft", (2.5, 3.048)),
        ("many", "tall", (None, None)),
    ],
)
def test_levels_and_heights_are_read_in_every_form(drawing, tmp_path, levels, height, expected):
    drawing.box(1, 0, 0, 5, 5, building="yes", building__levels=levels, height=height)
    layers, account = read_osm(drawing.write(tmp_path))
    found = layers["buildings"].iloc[0][["levels", "height_m"]].tolist()
    if expected[0] is None:
        assert np.isnan(found).all()
        assert account.count("height value") == account.count("building:levels value") == 1
    else:
        assert found == pytest.approx(expected)


def test_a_relation_without_all_its_ways_is_reported(drawing, tmp_path):
    drawing.box(1, 0, 0, 5, 5, building="yes")
    drawing.way(2, (10, 10), (20, 10), (20, 20))
    drawing.relation(9, {2: "outer", 777: "outer"}, type="multipolygon", building="yes")
    drawing.relation(10, {2: "outer"}, type="multipolygon", landuse="grass")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["buildings"]["osm_id"].tolist() == ["w1"]
    assert account.count("building", "member ways that are not in the file") == 1
    assert account.count("area of land", "cannot be assembled") == 1


def test_an_outline_that_crosses_itself_is_reported(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 5), (5, 0), (0, 5), (0, 0), building="yes")
    drawing.box(2, 10, 0, 15, 5, building="yes")
    layers, account = read_osm(drawing.write(tmp_path))
    assert "w2" in layers["buildings"]["osm_id"].tolist()
    assert shapely.is_valid(layers["buildings"].geometry.to_numpy()).all()
    assert account.count("building", "cannot be assembled") == (
        "w1" not in set(layers["buildings"]["osm_id"])
    )


def test_ground_is_public_only_where_it_is_open_to_all(drawing, tmp_path):
    drawing.box(1, 0, 0, 5, 5, highway="pedestrian", area="yes")
    drawing.box(2, 10, 0, 15, 5, amenity="parking")
    drawing.box(3, 20, 0, 25, 5, amenity="parking", access="private")
    drawing.box(4, 30, 0, 35, 5, amenity="parking", parking="underground")
    drawing.box(5, 40, 0, 45, 5, leisure="park")
    drawing.box(6, 50, 0, 55, 5, natural="water")
    layers, _ = read_osm(drawing.write(tmp_path))
    kinds = layers["landuse"].set_index("osm_id")["kind"].to_dict()
    assert kinds == {
        "w1": "square", "w2": "parking", "w3": "parking_private", "w5": "park", "w6": "water",
    }  # fmt: skip
    assert layers["roads"].empty


def test_the_sea_lies_to_the_right_of_the_coastline(drawing, tmp_path):
    drawing.way(1, (-30, 20), (50, 20), (150, 20), natural="coastline")
    drawing.way(2, (0, 5), (5, 5), highway="residential")
    layers, account = read_osm(drawing.write(tmp_path))
    sea = layers["landuse"].iloc[0]
    boundary = layers["boundary"].geometry.iloc[0]
    # The rectangle reaches from -10 to 100 steps north; the sea from -10 to 20.
    assert sea["kind"] == "water"
    assert sea.geometry.area / boundary.area == pytest.approx(30 / 110, abs=0.01)
    assert layers["roads"].geometry.within(sea.geometry).all()
    assert account.count("area of sea") == 0


def test_a_coastline_that_ends_on_dry_land_makes_no_sea(drawing, tmp_path):
    drawing.way(1, (20, 20), (50, 20), natural="coastline")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["landuse"].empty
    assert account.count("area of sea", "gaps") == 1


def test_a_coastline_cut_shortly_before_the_boundary_is_drawn_on(drawing, tmp_path):
    drawing.way(1, (-8, 20), (97, 20), natural="coastline")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["landuse"]["kind"].tolist() == ["water"]
    assert any("2 ends drawn" in one for one in account.notes)


def test_a_place_mapped_as_node_and_area_is_one_site(drawing, tmp_path):
    drawing.box(1, 0, 0, 5, 5, amenity="school", name="Hill School", isced__level="1")
    drawing.point(2, 2, amenity="school", isced__level="1")
    drawing.point(2, 3, amenity="library")
    drawing.point(30, 30, highway="bus_stop", name="Square")
    drawing.point(30.5, 30, highway="bus_stop", name="Square")
    drawing.point(40, 40, amenity="toilets", access="private")
    layers, account = read_osm(drawing.write(tmp_path))
    found = sorted(zip(layers["sites"]["type"], layers["sites"]["name"].fillna(""), strict=True))
    assert found == [
        ("bus_stop", "Square"),
        ("bus_stop", "Square"),
        ("library", ""),
        ("primary_school", "Hill School"),
    ]
    assert account.count("site", "mapped twice") == 1
    assert account.count("site", "private") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", [(0, None)]),
        ("45", [(45, None)]),
        ("45.0", [(45, None)]),
        ("45°", [(45, None)]),
        ("360", [(0, None)]),
        ("N", [(0, None)]),
        ("nne", [(22.5, None)]),
        ("north-west", [(315, None)]),
        ("South West", [(225, None)]),
        ("338-23", [(0.5, 45)]),
        ("NW-NE", [(0, 90)]),
        ("E-W", [(180, 180)]),
        ("W-E", [(0, 180)]),
        ("0-360", [(None, 360)]),
        ("0-359", [(None, 360)]),
        ("90;270", [(90, None), (270, None)]),
        ("90; 270-300", [(90, None), (285, 30)]),
    ],
)
def test_every_form_of_a_direction_is_read(text, expected):
    assert directions_of(text) == ([Direction(*one) for one in expected], [])


@pytest.mark.parametrize("text", ["forward", "backward", "361", "-20", "N-up", "down;", "1-2-3"])
def test_a_direction_nobody_can_read_is_reported_not_guessed(text):
    found, garbage = directions_of(text)
    assert found == []
    assert garbage == [text.rstrip(";")]


def test_a_camera_has_one_row_for_each_direction(drawing, tmp_path):
    drawing.point(1, 1, man_made="surveillance", camera__direction="90;270", camera__type="fixed")
    drawing.point(
        2, 2, man_made="surveillance", direction="0", camera__angle="15", height="4",
        surveillance="public", camera__mount="pole",
    )  # fmt: skip
    drawing.point(3, 3, man_made="surveillance", surveillance__type="guard")
    drawing.point(4, 4, man_made="surveillance", camera__tilt="-30", surveillance="outdoor")
    drawing.point(5, 5, man_made="surveillance", direction="forward", camera__type="panning")
    layers, account = read_osm(drawing.write(tmp_path))
    cameras = layers["cameras"].set_index("camera_id")
    assert cameras.index.tolist() == ["n101-1", "n101-2", "n102", "n104", "n105"]
    assert cameras["heading_deg"].tolist()[:3] == [90, 270, 0]
    assert cameras["tilt_deg"].dropna().tolist() == [15, 30]
    assert cameras.loc["n102", ["zone", "mount", "mount_height_m"]].tolist() == [
        "public",
        "pole",
        4,
    ]
    assert cameras.loc["n104", "zone"] == "private"
    assert cameras.loc["n105", "kind"] == "ptz"
    assert account.count("camera", "surveillance:type=guard") == 1
    assert account.count("camera direction", "'forward'") == 1
    assert District.of(layers)["cameras"]["camera_id"].is_unique


def test_roads_are_cut_at_the_boundary_and_the_rest_is_counted(drawing, tmp_path):
    drawing.way(1, (0, 5), (20, 5), highway="residential")
    drawing.way(2, (30, 0), (30, 5), highway="residential")
    drawing.box(3, 8, 6, 12, 8, building="yes")
    drawing.box(4, 40, 6, 42, 8, building="yes")
    drawing.point(35, 5, amenity="pharmacy")
    half = shapely.box(24.999, 59.999, 25 + 10 * UNIT_DEG, 60.01)
    outline = gpd.GeoDataFrame({"name": ["Half"]}, geometry=[half], crs=4326)
    outline.to_file(tmp_path / "half.gpkg", layer="boundary")
    layers, account = read_osm(drawing.write(tmp_path), boundary=tmp_path / "half.gpkg")
    whole, _ = read_osm(tmp_path / "drawing.osm")
    street = whole["roads"].geometry.length.iloc[0]
    assert layers["roads"].geometry.length.tolist() == pytest.approx([street / 2], rel=1e-3)
    assert layers["buildings"]["osm_id"].tolist() == ["w3"]
    assert layers["boundary"]["name"].tolist() == ["Half"]
    assert account.count("building", "outside") == account.count("site", "outside") == 1
    assert account.count("street edge", "outside") == 1


def test_administrative_relations_make_the_boundary_and_its_communities(drawing, tmp_path):
    drawing.box(1, 0, 0, 20, 20)
    drawing.box(2, 0, 0, 10, 20)
    drawing.box(3, 10, 0, 20, 20)
    admin = {"type": "boundary", "boundary": "administrative"}
    drawing.relation(7, {1: "outer"}, admin_level="9", name="District", ref="110101", **admin)
    drawing.relation(8, {2: "outer"}, admin_level="10", name="West", **admin)
    drawing.relation(9, {3: "outer"}, admin_level="10", name="East", ref="110101001002", **admin)
    drawing.way(20, (0, 5), (20, 5), highway="residential")
    layers, _ = read_osm(drawing.write(tmp_path), admin_level=9)
    assert layers["boundary"][["name", "code"]].values.tolist() == [["District", "110101"]]
    assert dict(zip(layers["communities"]["name"], layers["communities"]["code"], strict=True)) == {
        "West": "r8",
        "East": "110101001002",
    }


def test_an_administrative_boundary_that_is_not_whole_is_an_error_that_names_it(drawing, tmp_path):
    drawing.way(1, (0, 0), (20, 0), (20, 20))
    admin = {"type": "boundary", "boundary": "administrative"}
    drawing.relation(7, {1: "outer", 99: "outer"}, admin_level="9", **admin)
    path = drawing.write(tmp_path)
    with pytest.raises(InputError, match=r"not whole in this file \(r7\).*--boundary"):
        read_osm(path, admin_level=9)
    with pytest.raises(InputError, match="whole levels in the file: none"):
        read_osm(path, admin_level=4)


def test_without_bounds_the_streets_make_the_outline_and_no_far_node_does(drawing, tmp_path):
    drawing.bounds = ""
    drawing.way(1, (0, 0), (4, 0), (4, 4), highway="residential")
    drawing.point(4_000, 4_000, place="city", name="far off")
    layers, account = read_osm(drawing.write(tmp_path))
    assert layers["boundary"].to_crs(4326).total_bounds.tolist() == pytest.approx(
        [25, 60, 25 + 4 * UNIT_DEG, 60 + 4 * UNIT_DEG]
    )
    assert "boundary: the convex outline of all streets" in " ".join(account.lines())


def test_every_layer_tells_where_it_comes_from(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), highway="residential")
    layers, account = read_osm(drawing.write(tmp_path))
    told = District.of(layers)["provenance"]
    assert set(told["layer"]) == set(layers) - {"provenance"}
    assert told["licence"].str.contains("OpenStreetMap contributors").all()
    assert not told["synthetic"].any()
    assert any("rectangle" in one for one in account.notes)


@pytest.mark.parametrize("form", [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_every_file_format_is_told_by_its_content(drawing, tmp_path, form):
    drawing.way(1, (0, 0), (5, 0), (5, 5), highway="residential")
    plain = drawing.write(tmp_path)
    path = tmp_path / "without_ending"
    if form == ".osm.pbf":
        packed = tmp_path / "packed.osm.pbf"
        with osmium.SimpleWriter(str(packed)) as writer:
            for one in osmium.FileProcessor(str(plain)):
                writer.add(one)
        path.write_bytes(packed.read_bytes())
    else:
        pack = {".osm": bytes, ".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[form]
        path.write_bytes(pack(plain.read_bytes()))
    layers, _ = read_osm(path)
    assert len(layers["roads"]) == 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_file_cut_short_is_refused(drawing, tmp_path, pack):
    for n in range(400):
        drawing.way(
            n + 1, (n, n % 7), (n + 3, n % 11), highway="residential", name=f"Street {n**3}"
        )
    path = tmp_path / "cut.osm"
    whole = pack(drawing.text().encode())
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(FileFormatError, match=r"cut short or damaged|cannot be read"):
        read_osm(path)


@pytest.mark.parametrize(
    "content", [b"", b"<html><body/></html>", b"\x1f\x8bnot gzip", b"SQLite format 3\x00", b"BZh9x"]
)
def test_a_file_that_is_not_osm_is_refused(tmp_path, content):
    path = tmp_path / "wrong.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"wrong\.osm\.pbf"):
        read_osm(path)


def test_a_missing_file_and_a_boundary_without_crs_are_refused(drawing, tmp_path):
    with pytest.raises(FileFormatError, match="not a file"):
        read_osm(tmp_path / "nothing.osm")
    drawing.way(1, (0, 0), (5, 0), highway="residential")
    path = drawing.write(tmp_path)
    bare = gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(25, 60, 26, 61)])
    with pytest.raises(CRSError, match="no coordinate reference system"):
        read_osm(path, boundary=bare)
    (tmp_path / "no.gpkg").write_text("no")
    with pytest.raises(FileFormatError, match=r"no\.gpkg"):
        read_osm(path, boundary=tmp_path / "no.gpkg")
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(25, 60), (26, 61)])], crs=4326)
    with pytest.raises(InputError, match="a LineString"):
        read_osm(path, boundary=lines)


@pytest.mark.parametrize("name", ["half.geojson", "half.parquet", "half.gpkg"])
def test_an_outline_may_be_any_vector_file(drawing, tmp_path, name):
    drawing.way(1, (0, 5), (20, 5), highway="residential")
    half = shapely.box(24.999, 59.999, 25 + 10 * UNIT_DEG, 60.01)
    outline = gpd.GeoDataFrame({"name": ["Half"]}, geometry=[half], crs=4326)
    write = outline.to_parquet if name.endswith("parquet") else outline.to_file
    write(tmp_path / name)
    layers, _ = read_osm(drawing.write(tmp_path), boundary=tmp_path / name)
    assert layers["boundary"]["name"].tolist() == ["Half"]


def test_a_table_is_no_outline(drawing, tmp_path):
    drawing.way(1, (0, 5), (20, 5), highway="residential")
    (tmp_path / "half.csv").write_text("name\nHalf\n")
    with pytest.raises(FileFormatError, match="holds no geometry"):
        read_osm(drawing.write(tmp_path), boundary=tmp_path / "half.csv")


def test_a_file_over_the_size_limit_is_refused_unread(drawing, tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDMAP_MAX_UPLOAD_BYTES", "100")
    with pytest.raises(FileFormatError, match="too large"):
        read_osm(drawing.write(tmp_path))


def test_a_file_without_objects_is_refused(tmp_path):
    path = tmp_path / "empty.osm"
    path.write_text('<?xml version="1.0"?><osm version="0.6"></osm>')
    with pytest.raises(InputError, match="no OSM object"):
        read_osm(path)


def test_progress_is_told_while_reading(drawing, tmp_path):
    drawing.way(1, (0, 0), (5, 0), highway="residential")
    stages = []
    read_osm(drawing.write(tmp_path), progress=lambda *told: stages.append(told))
    assert stages[0][0] == "reading"
    assert stages[-1] == ("layers", 6, 6)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared OSM extracts are not here")
@pytest.mark.parametrize(
    ("name", "epsg", "least"),
    [
        ("helsinki_centre.osm.pbf", 32635, {"roads": 4000, "buildings": 440, "cameras": 221}),
        ("nanjing_xinjiekou.osm.gz", 4549, {"roads": 700, "buildings": 1242, "cameras": 0}),
    ],
)
def test_real_extracts_become_districts(name, epsg, least):
    layers, account = read_osm(SHARED / name)
    district = District.of(layers)
    assert district.crs.to_epsg() == epsg
    assert all(account.kept[layer] >= count for layer, count in least.items())
    assert account.dated in ("2019-04-21", "2021-06-12")
    roads = district["roads"].geometry
    assert (roads.geom_type == "LineString").all()
    assert roads.within(district.outline.buffer(0.01)).all()
