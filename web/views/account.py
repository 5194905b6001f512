"""The reader's own account: password, sign-ins."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_security import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from gridmap.store.accounts import PASSWORD_MIN_LENGTH, set_password
from gridmap.store.audit import record
from gridmap.studies.pages import end_sessions, list_sign_ins
from web.auth import AGENT_LENGTH
from web.database import accounts, own_scope, reader
from web.shell import recall_district

views = Blueprint("account", __name__)


@views.get("/account")
def show() -> str:
    """Account page."""
    return _page("")


@views.post("/account/password")
def save_password() -> Response | tuple[str, int]:
    """Change the password; every other session ends."""
    user: Any = current_user._get_current_object()
    new = request.form.get("new", "")
    problem = _problem(user, request.form.get("old", ""), new, request.form.get("again", ""))
    if problem:
        return _page(problem), 400
    set_password(accounts.session, user.username, new)
    accounts.session.commit()
    record(reader(), own_scope(), "change_password")
    login_user(user, authn_via=["password"])
    flash(gettext("The password was changed. You are signed out everywhere else."))
    return redirect(url_for("account.show"))


@views.get("/account/sessions")
def sessions() -> str:
    """Sign-ins that may still be open."""
    recall_district()
    rows = list_sign_ins(reader(), own_scope().user_id)
    agent = request.user_agent.string[:AGENT_LENGTH]
    for row in rows:
        row["here"] = (row["agent"], row["address"]) == (agent, request.remote_addr)
    return render_template("sessions.html", page={"sign_ins": rows})


@views.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End all sessions of this account, this one too."""
    record(reader(), own_scope(), "sign_out_everywhere")
    end_sessions(accounts.session, current_user.username)
    accounts.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("security.login"))


def _problem(user: Any, old: str, new: str, again: str) -> str:
    if not user.verify_and_update_password(old):
        return gettext("The present password is not right. Nothing was changed.")
    if new != again:
        return gettext("The two new passwords differ. Nothing was changed.")
    if len(new) < PASSWORD_MIN_LENGTH:
        return gettext(
            "The new password is shorter than %(count)s characters. Nothing was changed.",
            count=PASSWORD_MIN_LENGTH,
        )
    return ""


def _page(problem: str) -> str:
    recall_district()
    return render_template("account.html", problem=problem, shortest=PASSWORD_MIN_LENGTH)
