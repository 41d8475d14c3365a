"""What a wheel needs beyond its packages: the boundary data, and proof that the front-end assets are there."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = ("leaflet.js", "leaflet.css", "map/manifest.json")


class WholeContents(BuildHookInterface):
    """Refuses archives and wheels that could not draw a map, and adds `boundaries/` to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check and complete the contents; an editable install reads the checkout, so it needs neither."""
        if version == "editable":
            return
        root = Path(self.root)
        missing = [name for name in ASSETS if not (root / "geo_safety" / "assets" / name).is_file()]
        if missing:
            raise SystemExit(
                f"geo_safety/assets has no {' and no '.join(missing)}. "
                f"Run `make assets` first, then build the {self.target_name} again."
            )
        if self.target_name == "wheel":
            build_data["force_include"][str(root / "boundaries")] = "geo_safety/_boundaries"
