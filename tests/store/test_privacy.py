"""The privacy audit in the database: for liaisons, within their scope, as it was written."""

import pandas as pd
import pytest

from gridmap.cameras.audit import audit_privacy
from gridmap.samples import toy_district
from gridmap.store.load import load_district
from gridmap.store.privacy import read_audit_rows
from gridmap.store.scope import Scope, scoped

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def loaded(server):
    from tests.conftest import _database

    toy = toy_district()
    audit = audit_privacy(toy)
    with _database(server) as made:
        yield made, load_district(made.owner, toy, privacy=audit), audit


def seen(made, **scope):
    with scoped(made.app, Scope(user_id=1, **scope)) as connection:
        return read_audit_rows(connection, scope["district_ids"][0])


def test_a_liaison_reads_back_what_was_written(loaded):
    made, district, audit = loaded
    told = seen(made, role="liaison", district_ids=(district,))
    assert told["camera_id"].tolist() == audit["camera_id"].tolist()
    assert told["reasons"].tolist() == audit["reasons"].tolist()
    assert told["masks"].tolist() == audit["masks"].tolist()
    pd.testing.assert_series_equal(told["private_m2"], audit["private_m2"], check_dtype=False)


@pytest.mark.parametrize("role", ["worker", "planner", "admin"])
def test_no_other_role_reads_a_row(loaded, role):
    made, district, _ = loaded
    assert len(seen(made, role=role, district_ids=(district,))) == 0


def test_a_liaison_of_one_cell_reads_the_cameras_of_that_cell(loaded):
    made, district, audit = loaded
    cell = audit["cell_id"].iloc[0]
    told = seen(made, role="liaison", district_ids=(district,), cell_ids=(cell,))
    assert told["cell_id"].tolist() == [cell]
    assert len(seen(made, role="liaison", district_ids=(district + 1,))) == 0
