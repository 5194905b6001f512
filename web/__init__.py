"""The web application of gridmap.

``create_app()`` makes it; nothing is read at import.
"""

from flask import Flask

from web import auth, database, errors, languages, security, shell, statics, words
from web.settings import Settings, read_settings
from web.views import BLUEPRINTS


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application.

    Parameters
    ----------
    settings : Settings, optional
        Default: from the environment and the secrets file (:func:`web.settings.read_settings`).

    Returns
    -------
    Flask
        A WSGI application.
    """
    told = settings or read_settings()
    app = Flask(__name__)
    app.extensions["gridmap.settings"] = told
    limiter = security.secure(app, told)
    languages.add_languages(app)
    words.add_words(app)
    database.add_database(app, told)
    auth.add_sign_in(app, told)
    errors.add_error_pages(app)
    shell.add_shell(app)
    statics.keep_statics(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    security.limit_sign_in(limiter, app, told)
    security.limit_answers(limiter, app)
    security.limit_trials(limiter, app)
    security.limit_ingest(limiter, app)
    return app
