"""OpenStreetMap files into layers of a district, with an account of what was kept and dropped.

:func:`read_osm` reads ``.osm``, ``.osm.gz``, ``.osm.bz2`` and ``.osm.pbf``.
"""

from gridmap.io.osm.account import Account
from gridmap.io.osm.extract import read_osm

__all__ = ["Account", "read_osm"]
