"""The audit log, for administrators."""

from flask import Blueprint, render_template

from gridmap.studies import pages
from web.database import reading
from web.shell import recall_district
from web.views.parsing import order

views = Blueprint("audit", __name__)


@views.get("/audit")
def show() -> str:
    """Newest entries, and whether the log is whole."""
    recall_district()
    with reading() as connection:
        page = pages.audit_page(connection, order())
    return render_template("audit.html", page=page)
