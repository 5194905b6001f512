"""Pages, one file for each subject: parse, ask a study, render."""

from web.views.account import views as account_pages
from web.views.answers import views as answers_pages
from web.views.audit import views as audit_pages
from web.views.camera import views as camera_pages
from web.views.cameras import views as cameras_pages
from web.views.cells import views as cells_pages
from web.views.drafts import views as drafts_pages
from web.views.gaps import views as gaps_pages
from web.views.grid import views as grid_pages
from web.views.health import views as health_pages
from web.views.history import views as history_pages
from web.views.home import views as home_pages
from web.views.ingest import views as ingest_pages
from web.views.jobs import views as jobs_pages
from web.views.my_cells import views as my_cells_pages
from web.views.overview import views as overview_pages
from web.views.patrol import views as patrol_pages
from web.views.patrol_gaps import views as patrol_gaps_pages
from web.views.patrol_ground import views as patrol_ground_pages
from web.views.patrol_live import views as patrol_live_pages
from web.views.patrol_map import views as patrol_map_pages
from web.views.patrol_routes import views as patrol_routes_pages
from web.views.plan_cameras import views as plan_cameras_pages
from web.views.preferences import views as preferences_pages
from web.views.privacy import views as privacy_pages
from web.views.scenarios import views as scenarios_pages
from web.views.search import views as search_pages
from web.views.service_downloads import views as service_files
from web.views.services import views as services_pages
from web.views.shifts import views as shifts_pages
from web.views.siting import views as siting_pages
from web.views.staffing import views as staffing_pages
from web.views.standards import views as standards_pages
from web.views.tiles import views as tiles_pages
from web.views.users import views as users_pages

BLUEPRINTS = (
    account_pages,
    answers_pages,
    audit_pages,
    camera_pages,
    cameras_pages,
    cells_pages,
    drafts_pages,
    gaps_pages,
    grid_pages,
    health_pages,
    history_pages,
    home_pages,
    ingest_pages,
    jobs_pages,
    my_cells_pages,
    overview_pages,
    patrol_pages,
    patrol_gaps_pages,
    patrol_ground_pages,
    patrol_live_pages,
    patrol_map_pages,
    patrol_routes_pages,
    plan_cameras_pages,
    preferences_pages,
    privacy_pages,
    scenarios_pages,
    search_pages,
    services_pages,
    service_files,
    siting_pages,
    staffing_pages,
    shifts_pages,
    standards_pages,
    tiles_pages,
    users_pages,
)
