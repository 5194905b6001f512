"""Files of services, for planners: document, workbook, map and layers in their scope."""

from flask import Blueprint, Response, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from gridmap.errors import InputError
from gridmap.store.audit import record
from gridmap.studies.pages import service_export as files
from web.database import own_scope, reader, reading
from web.languages import current_language
from web.shell import open_district
from web.views.downloads import hand_out
from web.views.parsing import LONGEST_TEXT, read_count, sent, told
from web.words import layer_name

views = Blueprint("service_downloads", __name__)


@views.post("/d/<int:district>/services/export")
def begin(district: int) -> Answer:
    """Hand out a file at once, or begin to write it and show how far it is."""
    asked = _asked(district, sent("kind"), sent("type")[:LONGEST_TEXT])
    scope = own_scope(district)
    with reading(district) as connection:
        if not files.is_long(connection, district, asked):
            return redirect(
                url_for(".fetch", district=district, kind=asked.kind, type=asked.type or None), 303
            )
        job = files.begin_export(connection, scope, district, asked)
    return redirect(url_for("jobs.show", district=district, job_id=job), 303)


@views.get("/d/<int:district>/services/export.<kind>")
def fetch(district: int, kind: str) -> Response:
    """Hand out a file that was written, or one that takes no time."""
    asked = _asked(district, kind, told("type"))
    scope, job = own_scope(district), read_count(told("job"), 0)
    with reading(district) as connection:
        if job:
            content = files.written_file(connection, district, job, kind)
        else:
            content = files.export_services(connection, scope, district, asked)
    record(
        reader(), scope, "export", district_id=district, layer="services", kind=kind,
        type=asked.type,
    )  # fmt: skip
    return hand_out(content, f"services-{asked.type or 'all'}.{kind}")


def _asked(district: int, kind: str, site_type: str) -> files.AskedFile:
    if kind not in files.KINDS:
        raise InputError(
            f"There is no file of the kind '{kind[:20]}': expected one of {', '.join(files.KINDS)}."
        )
    facts = open_district(district)
    layers = gettext(", ").join(map(layer_name, facts["synthetic"]))
    ribbon = f"{gettext('Synthetic data')}: {layers}" if layers else ""
    return files.AskedFile(kind, site_type, current_language(), ribbon)
