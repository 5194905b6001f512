"""Pages, one file for each subject: parse, ask a study, render."""

from web.views.account import views as account
from web.views.audit import views as audit
from web.views.cameras import views as cameras
from web.views.cells import views as cells
from web.views.gaps import views as gaps
from web.views.health import views as health
from web.views.home import views as home
from web.views.my_cells import views as my_cells
from web.views.overview import views as overview
from web.views.patrol import views as patrol
from web.views.preferences import views as preferences
from web.views.search import views as search
from web.views.services import views as services
from web.views.staffing import views as staffing
from web.views.tiles import views as tiles
from web.views.users import views as users

BLUEPRINTS = (
    account,
    audit,
    cameras,
    cells,
    gaps,
    health,
    home,
    my_cells,
    overview,
    patrol,
    preferences,
    search,
    services,
    staffing,
    tiles,
    users,
)
