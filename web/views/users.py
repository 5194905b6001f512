"""Accounts, for administrators."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from gridmap.studies import pages
from web.database import own_scope, reading
from web.permissions import ROLES
from web.shell import list_own_districts, recall_district
from web.views.parsing import sent

views = Blueprint("users", __name__)
KINDS = {
    "": lazy_gettext("the whole district"),
    "community": lazy_gettext("communities"),
    "cell": lazy_gettext("cells"),
    "post": lazy_gettext("a post and its cells"),
}


@views.get("/users")
def show() -> str:
    """All accounts."""
    return _page()


@views.post("/users/add")
def add() -> str:
    """Add an account with a password made for it."""
    username = sent("username")
    with reading() as connection:
        password = pages.add_account(connection, own_scope(), username, sent("role"), _parts())
    return _page({"username": username, "password": password})


@views.post("/users/password")
def set_password() -> str:
    """Give an account a new password."""
    username = sent("username")
    with reading() as connection:
        password = pages.renew_password(connection, own_scope(), username)
    return _page({"username": username, "password": password})


@views.post("/users/change")
def change() -> Response:
    """Open or close an account, or change its role and scope."""
    with reading() as connection:
        pages.change_account(
            connection,
            own_scope(),
            sent("username"),
            active=sent("active") == "yes" if "active" in request.form else None,
            role=sent("role") if "role" in request.form else None,
            parts=_parts() if "role" in request.form else None,
        )
    flash(gettext("Saved. The account %(name)s was changed.", name=sent("username")))
    return redirect(url_for("users.show"))


def _parts() -> list[pages.Part]:
    district = request.form.get("district", type=int)
    return pages.parts_of(district, sent("kind"), sent("limits"))


def _page(made: dict[str, str] | None = None) -> str:
    """All accounts; a password just made is in this answer and nowhere else."""
    recall_district()
    with reading() as connection:
        rows = pages.list_accounts(connection)
    return render_template(
        "users.html",
        page={"users": rows},
        roles=ROLES,
        kinds=KINDS,
        made=made,
        districts=list_own_districts(),
    )
