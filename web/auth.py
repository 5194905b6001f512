"""Signing in, and the guard before every request."""

import datetime as dt
import secrets
from typing import Any

from flask import (
    Flask,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask_login import user_logged_out
from flask_security import (
    FSQLALiteUserDatastore,
    LoginForm,
    Security,
    current_user,
    logout_user,
    uia_username_mapper,
    user_authenticated,
)
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional

from gridmap.store import audit
from gridmap.store.accounts import PASSWORD_MIN_LENGTH, Role, User
from gridmap.store.scope import Scope
from gridmap.store.sessions import end_session, has_ended
from web.database import accounts, reader
from web.errors import wants_json
from web.languages import LANGUAGES
from web.permissions import PUBLIC, may_open
from web.settings import Settings

SESSION_HOURS = 12
"""A session ends this many hours [h] after it was last used."""
AGENT_LENGTH = 160
_NAME_OF_SESSION = "session_name"


class SignInForm(LoginForm):
    """Name and password; a wrong name and a wrong password look alike."""

    # Not shown: Flask-Security squashes the errors of a field of this name.
    email = StringField(validators=[Optional()])
    username = StringField(validators=[DataRequired(), Length(max=80)])

    def validate(self, **kwargs: Any) -> bool:
        """Find the user by name, then let Flask-Security judge the password."""
        self.ifield = self.username
        name = (self.username.data or "").replace("\0", "").strip().lower()
        self.user = accounts.session.scalar(select(User).where(User.username == name))
        return bool(super().validate(**kwargs))


def add_sign_in(app: Flask, settings: Settings) -> None:
    """Give an application its accounts, forms with CSRF marks, and the guard."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECURITY_PASSWORD_SALT=settings.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  the name of a scheme
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=PASSWORD_MIN_LENGTH,
        SECURITY_USER_IDENTITY_ATTRIBUTES=[
            {"username": {"mapper": uia_username_mapper, "case_insensitive": True}}
        ],
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="home.start",
        SECURITY_POST_LOGOUT_VIEW="security.login",
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_FLASH_MESSAGES=False,
        PERMANENT_SESSION_LIFETIME=SESSION_HOURS * 3600,
    )
    CSRFProtect(app)
    keeper = FSQLALiteUserDatastore(accounts, User, Role)
    Security(app, keeper, login_form=SignInForm)
    app.before_request(refuse_ended_session)
    app.before_request(guard)
    user_authenticated.connect(_welcome, app)
    user_logged_out.connect(_remember_end, app)


def refuse_ended_session() -> None:
    """Treat a copy of the cookie of an ended session as nobody's."""
    if request.endpoint == "static" or "_user_id" not in session:
        return
    name = session.get(_NAME_OF_SESSION)
    if not name or has_ended(accounts.session.connection(), name):
        logout_user()
        session.clear()


def guard() -> Response | None:
    """Refuse what the role may not open; an unknown address is a 404 as ever."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC:
        return None
    role = current_role()
    if may_open(role, endpoint):
        return None
    if role is not None:
        abort(403)
    return _ask_to_sign_in()


def current_role() -> str | None:
    """Role of whoever is signed in."""
    user: Any = current_user
    return str(user.role) if user.is_authenticated and user.roles else None


def _ask_to_sign_in() -> Response:
    if wants_json():
        return make_response(jsonify(status=401, error="sign in first"), 401)
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return make_response(redirect(url_for("security.login", next=back)))


def _welcome(_sender: Flask, user: User, **_: Any) -> None:
    """Start a fresh session: keep the reader's look, note when and from where."""
    kept = {name: session[name] for name in ("language", "look") if name in session}
    if user.language in LANGUAGES:
        kept.setdefault("language", user.language)
    for name in [name for name in session if not name.startswith("_") and name[:2] != "fs"]:
        session.pop(name)
    session.update(kept)
    session[_NAME_OF_SESSION] = secrets.token_urlsafe(16)
    session.permanent = True
    scope = Scope(user.id, user.role)
    agent = (request.user_agent.string or "")[:AGENT_LENGTH]
    audit.record(reader(), scope, "sign_in", address=request.remote_addr, agent=agent)


def _remember_end(_sender: Flask, **_: Any) -> None:
    """Remember the end of a session, so that a copy of its cookie opens nothing."""
    name = session.pop(_NAME_OF_SESSION, None)
    if name:
        end_session(accounts.session.connection(), name, dt.timedelta(hours=SESSION_HOURS))
        accounts.session.commit()
