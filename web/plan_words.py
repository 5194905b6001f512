"""Words of plans, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

CHANGE: Mapping[str, Any] = {
    "add": lazy_gettext("New"),
    "reaim": lazy_gettext("Turn"),
    "remove": lazy_gettext("Take down"),
}
"""What happens to a camera."""
MOUNTS: Mapping[str, Any] = {
    "both": lazy_gettext("Poles and façades"),
    "pole": lazy_gettext("Poles along streets"),
    "facade": lazy_gettext("Façades"),
}
"""Where new cameras may hang."""
MOUNT: Mapping[str, Any] = {
    "pole": lazy_gettext("Pole"),
    "facade": lazy_gettext("Façade"),
    "listed": lazy_gettext("Listed place"),
}
"""Where a new camera hangs."""
