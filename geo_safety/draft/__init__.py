"""From a folder of unknown files to a commented config that runs: what `geo-safety init` does."""

from __future__ import annotations

from pathlib import Path

from geo_safety.draft.choosing import Draft, make_draft
from geo_safety.draft.wording import config_text, summary
from geo_safety.errors import ConfigError

__all__ = ["Draft", "config_text", "make_draft", "summary", "write_config"]


def write_config(draft: Draft, out: Path) -> None:
    """Write a draft as a commented config.

    Raises
    ------
    ConfigError
        If the file is there already, or cannot be written.
    """
    if out.exists():
        raise ConfigError(f"{out} is there already.", "Name another file with --out, or remove it.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(config_text(draft, out.parent.resolve()), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{out} cannot be written ({error.strerror}).", "Name a place of your own with --out."
        ) from None
