"""Loading is all or nothing."""

import pandas as pd
import pytest
from sqlalchemy import func, select

from gridmap.errors import InputError, StoreError
from gridmap.samples import toy_district
from gridmap.store import tables as t
from gridmap.store.load import drop_fixes_before, load_district
from tests.store.toy_coverage import DAY, load_toy, toy_tables

pytestmark = pytest.mark.store


def count(connection, table):
    return connection.scalar(select(func.count()).select_from(table))


def test_every_layer_of_the_toy_district_arrives(owner):
    counts = {name: count(owner, table) for name, table in t.LAYERS.items()}
    expected = {
        "communities": 2, "cells": 4, "roads": 4, "buildings": 4, "landuse": 2, "population": 4,
        "sites": 3, "cameras": 2, "posts": 4, "duties": 4, "requirements": 2, "shifts": 1,
        "fixes": 7, "premises": 0, "coverage": 20, "gaps": 4, "service_areas": 1, "views": 1,
        "blind_spots": 1, "presence": 2,
    }  # fmt: skip
    assert counts == expected
