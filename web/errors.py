"""Error → status, one table; a page for people, JSON for programs."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import lazy_gettext
from flask_security.core import AnonymousUser
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from gridmap import errors

STATUS: Mapping[type[Exception], int] = {
    errors.InputError: 400,
    CSRFError: 400,
    errors.ScopeError: 403,
    errors.MissingLayerError: 404,
    errors.CRSError: 422,
    errors.PersonalDataError: 422,
    errors.FileFormatError: 422,
    errors.StaleEditionError: 409,
    errors.StoreError: 503,
    OperationalError: 503,
}
"""Status of each error; a subclass has that of its nearest base."""

_KEPT = lazy_gettext("Nothing was changed.")
TEXT: Mapping[int, tuple[Any, Any, Any]] = {
    400: (
        lazy_gettext("This request could not be read"),
        _KEPT,
        lazy_gettext("Go back, reload the page and try again."),
    ),
    403: (
        lazy_gettext("This page is not in your scope"),
        _KEPT,
        lazy_gettext("Open one of your own pages, or ask an administrator to widen your scope."),
    ),
    404: (
        lazy_gettext("There is nothing here"),
        lazy_gettext("The address is wrong, or what it names lies outside your scope."),
        lazy_gettext("Search for a cell or site, or start from the first page."),
    ),
    405: (
        lazy_gettext("This address cannot do that"),
        _KEPT,
        lazy_gettext("Go back, reload the page and try again."),
    ),
    409: (
        lazy_gettext("Somebody else was faster"),
        _KEPT,
        lazy_gettext("Look at what changed meanwhile, then do it again on the present state."),
    ),
    413: (
        lazy_gettext("This is too large to send"),
        _KEPT,
        lazy_gettext("Send less at once; district files are loaded on the command line."),
    ),
    422: (
        lazy_gettext("This input cannot be used"),
        _KEPT,
        lazy_gettext("Correct what the message names and try again."),
    ),
    429: (
        lazy_gettext("Too many tries"),
        _KEPT,
        lazy_gettext("Wait a quarter of an hour, then try again."),
    ),
    500: (
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext("The error was recorded; nothing was half-saved."),
        lazy_gettext("Try again; if it stays, tell an administrator when it happened."),
    ),
    503: (
        lazy_gettext("The database cannot be reached"),
        _KEPT,
        lazy_gettext("Try again in a minute; if it stays, tell an administrator."),
    ),
}
"""What happened, what was kept, what to do next."""


def add_error_pages(app: Flask) -> None:
    """Answer every error in the reader's language."""
    app.register_error_handler(Exception, answer_error)
    app.register_error_handler(HTTPException, answer_error)


def status_of(error: Exception) -> int:
    """Status an error is answered with.

    Examples
    --------
    >>> status_of(errors.MissingLayerError("x")), status_of(ZeroDivisionError())
    (404, 500)
    """
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    if isinstance(error, HTTPException) and error.code:
        return error.code
    return 500


def answer_error(error: Exception) -> Response:
    """Page or JSON for an error; only unexpected ones are logged with their trace."""
    if isinstance(error, HTTPException) and (error.response or _redirects(error)):
        return make_response(error.get_response())
    status = status_of(error)
    if status >= 500:
        current_app.logger.error("%s %s", request.method, request.path, exc_info=error)
    what, kept, remedy = TEXT.get(status, TEXT[400 if status < 500 else 500])
    detail = str(error) if isinstance(error, errors.GridmapError) and status < 500 else ""
    if wants_json():
        faced = {"status": status, "error": str(what), "remedy": str(remedy), "detail": detail}
        return make_response(jsonify(faced), status)
    if status == STATUS[OperationalError]:
        # The frame of the page would ask the database who is reading, and fail as the page did.
        g._login_user = AnonymousUser()
    page = render_template(
        "error.html", status=status, what=what, kept=kept, remedy=remedy, detail=detail
    )
    return make_response(page, status)


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" or request.path.startswith("/tiles/")


def _redirects(error: HTTPException) -> bool:
    return error.code is not None and 300 <= error.code < 400
