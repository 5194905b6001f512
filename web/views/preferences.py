"""Language and look."""

from flask import Blueprint, redirect, request, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from web.database import accounts
from web.languages import LANGUAGES
from web.shell import LOOKS

views = Blueprint("preferences", __name__)


@views.post("/preferences")
def save() -> Response:
    """Keep a language or a look, then go back to where the reader was."""
    if (look := request.form.get("look", "")) in LOOKS:
        session["look"] = look
    if (language := request.form.get("language", "")) in LANGUAGES:
        session["language"] = language
        if current_user.is_authenticated:
            current_user.language = language
            accounts.session.commit()
    return redirect(safe_return(request.form.get("back", "")))


def safe_return(address: str) -> str:
    """Address on this server, or the first page.

    Examples
    --------
    >>> safe_return("/d/1/gaps?page=2")
    '/d/1/gaps?page=2'
    """
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    if plain and address.isprintable() and "\\" not in address:
        return address
    return url_for("home.start")
