"""Cameras: masking, dates of status and audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


_COLUMNS: dict[str, Any] = {"model": sa.Text(), "presets": sa.Text(), "status_on": sa.Date()}
_COMMENTS = {
    "model": (
        "机型 · model: Kind of camera by lens, sensor and pixels "
        "(geodata/reference/camera_models.csv), where the optics are not "
        "stated."
    ),
    "presets": (
        "预置位 · presets: Bearings a PTZ camera turns to, apart by semicolons "
        "(0;90;N;338-23), each with a weight after @ where it stays longer."
    ),
    "status_on": (
        "状态日期 · status since: Day since which the status holds; before it, a "
        "broken or removed camera counts as working."
    ),
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("cameras", sa.Column(name, kind, comment=_COMMENTS[name]))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("cameras", name)
