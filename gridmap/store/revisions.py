"""Which revision of the schema is the newest, without the cost of importing Alembic."""

from pathlib import Path

MIGRATIONS = Path(__file__).with_name("migrations")
"""Folder of the migrations; their files are called ``REVISION_what.py``, in order."""


def newest_revision() -> str:
    """Newest revision this version of gridmap knows.

    Examples
    --------
    >>> newest_revision() >= "0006"
    True
    """
    files = MIGRATIONS.joinpath("versions").glob("[0-9]*_*.py")
    return max(one.name.split("_", 1)[0] for one in files)
