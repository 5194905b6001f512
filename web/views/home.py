"""The first page of each role."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.auth import current_role
from web.permissions import HOME
from web.shell import list_own_districts

views = Blueprint("home", __name__)


@views.get("/")
def start() -> Response:
    """Send the reader to the first page of the role, in the district asked for or the first."""
    asked = request.args.get("district", type=int)
    own = [one["id"] for one in list_own_districts()]
    if not own:
        return redirect(url_for("home.empty"))
    district = asked if asked in own else own[0]
    return redirect(url_for(HOME[current_role() or ""], district=district))


@views.get("/no-district")
def empty() -> str:
    """Say that there is no district, and who can help."""
    return render_template("empty.html")
