"""What a wheel needs that git does not hold: the vendored map library and compiled translations."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Brings translations and, where npm is there, browser files up to date for a wheel."""

    def initialize(self, version: str, _build_data: dict[str, Any]) -> None:
        """Bring artifacts up to date; an editable install finds them in the tree instead."""
        if version == "editable":
            return
        root = Path(self.root)
        # As a file, not as a module: the packages of the application are not there while building.
        subprocess.run([sys.executable, root / "web/catalogs.py", "compile"], check=True)
        if shutil.which("npm"):
            subprocess.run([sys.executable, root / "scripts/assets"], check=True)
        elif not (root / "web/static/vendor").exists():
            self.app.display_warning(
                "npm is missing, so the map library could not be fetched: commands work, "
                "map.html and the web application do not. Install npm and build again."
            )
