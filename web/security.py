"""Response headers, cookies and limits: what the browser is told it may do."""

import hashlib
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.proxy_fix import ProxyFix

from web.settings import Settings

MAX_BODY_BYTES = 1 << 20
"""Largest request body [bytes]; pages take short forms only."""
LARGER_BODIES = {
    "staffing.look_at_roster": 9 << 20,
    "staffing.bring_in_roster": 9 << 20,
}
"""Endpoints that take more [bytes]: a workbook, and the rows that were read from one."""
ANSWERS_LIMIT = "120 per minute"
TRIALS_LIMIT = "900 per minute"
"""Fifteen turns of a camera a second: more than a hand makes, less than a crawler wants."""
INGEST_LIMIT = "600 per minute"
LIMIT_WINDOW = "15 minutes"
LOGIN_TRIES_PER_ADDRESS = 6
"""An address may try this many times as often as one name from it."""
_FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "browsing-topics")


def secure(app: Flask, settings: Settings) -> Limiter:
    """Set cookies, headers and limits of an application; returns its limiter."""
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="__Host-gridmap" if settings.https else "gridmap",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_PATH="/",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=settings.https,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.https,
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=False,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    # Before anything reads the body, the check of forms among it.
    app.before_request(_take_larger)
    policy = content_policy(settings.base_tiles)
    app.after_request(lambda response: add_headers(response, policy, https=settings.https))
    app.jinja_env.globals["csp_nonce"] = page_nonce
    return Limiter(get_remote_address, app=app)


def _take_larger() -> None:
    if limit := LARGER_BODIES.get(request.endpoint or ""):
        request.max_content_length = request.max_form_memory_size = limit


def page_nonce() -> str:
    """Nonce of this answer; the same for every script and style in it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def content_policy(base_tiles: str | None = None) -> str:
    """Content security policy with a place ``{nonce}`` for the nonce.

    Examples
    --------
    >>> "unsafe" in content_policy()
    False
    >>> "https://tiles.example" in content_policy("https://tiles.example/{z}/{x}/{y}.png")
    True
    """
    tiles = ""
    if base_tiles:
        address = urlsplit(base_tiles)
        tiles = f" {address.scheme}://{address.netloc}"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'nonce-{nonce}'",
            "style-src 'self' 'nonce-{nonce}'",
            f"img-src 'self' data: blob:{tiles}",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "object-src 'none'",
        ]
    )


def add_headers(response: Response, policy: str, *, https: bool) -> Response:
    """Add the security headers to an answer."""
    headers = response.headers
    headers["Content-Security-Policy"] = policy.format(nonce=page_nonce())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers.setdefault("Permissions-Policy", ", ".join(f"{name}=()" for name in _FEATURES))
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store, private")
    return response


def limit_sign_in(limiter: Limiter, app: Flask, settings: Settings) -> None:
    """Allow only a few sign-in attempts for one name from one address, then answer 429."""
    tries = max(1, settings.login_tries // settings.workers)
    view = app.view_functions["security.login"]
    by_name = limiter.limit(
        f"{tries} per {LIMIT_WINDOW}", key_func=_address_and_name, methods=["POST"]
    )
    by_address = limiter.limit(
        f"{tries * LOGIN_TRIES_PER_ADDRESS} per {LIMIT_WINDOW}", methods=["POST"]
    )
    app.view_functions["security.login"] = by_address(by_name(view))


def limit_answers(limiter: Limiter, app: Flask) -> None:
    """Let a program ask who answers a hundred times a minute, not crawl the district."""
    for endpoint in ("answers.tell", "answers.show"):
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(ANSWERS_LIMIT)(view)


def limit_trials(limiter: Limiter, app: Flask) -> None:
    """Let a reader turn cameras freely, and keep a program from trying the whole district."""
    for endpoint in ("camera.try_out", "camera.export"):
        app.view_functions[endpoint] = limiter.limit(TRIALS_LIMIT)(app.view_functions[endpoint])


def limit_ingest(limiter: Limiter, app: Flask) -> None:
    """Let a device report ten times a second at most; it has no form, so it sends no form's mark.

    A token stands for itself: no cookie goes with it that another page could misuse.
    """
    for endpoint in ("ingest.osmand", "ingest.batch"):
        view = app.view_functions[endpoint]
        app.extensions["csrf"].exempt(view)
        app.view_functions[endpoint] = limiter.limit(INGEST_LIMIT, key_func=_token_of_device)(view)


def _token_of_device() -> str:
    told = request.headers.get("Authorization") or request.values.get("id") or ""
    return hashlib.sha256(told.encode()).hexdigest() if told else str(get_remote_address())


def _address_and_name() -> str:
    return f"{get_remote_address()} {request.form.get('username', '').strip().lower()[:80]}"
