"""Let the spatial index work under row-level security.

PostgreSQL tests a condition before the policies of a table only if its function is leakproof:
sure to say nothing about rows the user may not see. ``&&`` is not declared so, hence a tile would
read the whole district row by row. ``geometry_overlaps`` compares bounding boxes and raises no
error that tells of a row, so gridmap declares it leakproof. The declaration holds for the whole
database and needs a superuser; without one the maps are right, only slower.
"""

import warnings

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FUNCTION = "geometry_overlaps(geometry, geometry)"


def upgrade() -> None:
    if not _declare("LEAKPROOF"):
        warnings.warn(
            "This login is no superuser: tiles will be right but slower. Ask the keeper of the "
            f"database to run once: ALTER FUNCTION {_FUNCTION} LEAKPROOF;",
            stacklevel=2,
        )


def downgrade() -> None:
    _declare("NOT LEAKPROOF")


def _declare(word: str) -> bool:
    connection = op.get_bind()
    connection.exec_driver_sql("RESET ROLE")
    able = connection.exec_driver_sql(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).scalar_one()
    if able:
        connection.exec_driver_sql(f"ALTER FUNCTION {_FUNCTION} {word}")
    connection.exec_driver_sql("SET LOCAL ROLE gridmap_owner")
    return bool(able)
