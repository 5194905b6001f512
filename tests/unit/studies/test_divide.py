from datetime import date

import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.samples import toy_district
from gridmap.services import measure_services
from gridmap.studies.divide import divide

TOY = toy_district()


def test_people_are_counted_into_new_cells():
    cells = divide(TOY, "square", size_m=100).district["cells"]
    assert cells["population"].sum() == 500
    assert cells["households"].isna().all()


def test_cells_have_the_people_that_the_services_find_in_them():
    whole = TOY["boundary"].assign(population=500.0, households=200.0, method="register")
    divided = divide(TOY.with_layers(population=whole), "square", size_m=130).district
    counted = divided["cells"].set_index("cell_id")
    norms = pd.DataFrame({"type": ["pharmacy"], "norm_m": [300.0]})
    rows = measure_services(divided, norms, date(2026, 3, 2)).rows
    placed = rows[rows["measure"] == "pharmacy.walk_share"].set_index("cell_id")["weight"]
    assert counted["population"].to_dict() == pytest.approx(placed.to_dict())
    assert counted["population"].sum() == pytest.approx(500)
    assert counted["households"].tolist() == pytest.approx((0.4 * counted["population"]).tolist())


def test_without_people_the_columns_stay_empty():
    bare = TOY.with_layers(population=TOY["population"].iloc[:0])
    assert divide(bare, "hexagon", size_m=150).district["cells"]["population"].isna().all()


def test_cells_for_a_number_of_households_hold_it_on_average():
    people = TOY["population"].assign(households=[80.0, 64.0, 40.0, 16.0])
    cells = divide(TOY.with_layers(population=people), "square", households=50).district["cells"]
    assert cells["grid_version"].iloc[0] == "square-200"
    assert cells["households"].mean() == 50


def test_replaced_cells_and_duties_that_lose_their_cell_are_reported():
    division = divide(TOY, "square", size_m=200)
    assert division.replaced == 4
    lost = {one.layer: one.ids for one in division.findings}
    assert lost == {"duties": ("nw", "sw", "ne"), "requirements": ("nw",)}


def test_a_district_without_communities_is_one_community():
    alone = TOY.with_layers(communities=TOY["communities"].iloc[:0])
    cells = divide(alone, "square", size_m=200).district["cells"]
    assert cells["cell_id"].tolist()[0] == "110101000000001"
    assert len(cells) == 4


def test_the_new_cells_say_where_they_come_from():
    told = divide(TOY, "h3").district["provenance"].set_index("layer")
    assert told.loc["cells", "source"] == "laid by gridmap divide as h3-9"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "triangles"}, "Unknown method 'triangles'. There are: streets, square, "),
        ({"method": "streets", "size_m": 9.0}, "takes --households"),
        ({"method": "square", "streets": {"weights": ["sites"]}}, "belong to --method streets"),
        ({"method": "h3", "size_m": 500.0}, "takes --resolution"),
        ({"method": "square", "resolution": 9}, "takes --size-m"),
        ({"method": "square", "size_m": 9.0, "households": 4.0}, "not both"),
        ({"method": "square", "households": 400.0}, "found 0 households"),
    ],
)
def test_options_that_do_not_fit_the_method_are_refused(options, told):
    with pytest.raises(InputError) as error:
        divide(TOY, **options)
    assert told in str(error.value)
