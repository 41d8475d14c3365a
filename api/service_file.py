"""`service.toml` in the state folder: what an operator decides about access, read once when the service starts."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo_safety.audit import KEPT_DAYS
from geo_safety.errors import ConfigError

from .app import ServiceSettings
from .limits import Rate
from .oidc import IssuerSettings

FILE = "service.toml"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Cors(_Entry):
    origins: tuple[str, ...] = Field(
        default=("*",), description="Sites whose scripts may read the service; `*` for all."
    )


class _Limits(_Entry):
    burst: float = Field(
        default=50_000, gt=0, description="What one caller may ask of one process at once, in units of price."
    )
    per_second: float = Field(default=5_000, gt=0, description="What comes back to the caller each second.")


class _Oidc(_Entry):
    issuer: str = Field(description="Your login's address, just as its tokens name it; https only.")
    audience: str = Field(description="What the tokens name as their audience.")
    class_claim: str = Field(
        default="roles", description="The claim that says who the reader is: a text or a list of texts."
    )
    classes: dict[str, Literal["partner", "internal"]] = Field(
        description="A value of that claim → the class of readers."
    )
    boroughs_claim: str = Field(
        default="boroughs",
        description="The claim with a partner's borough codes: a list, or a text with blanks or commas.",
    )


class _Audit(_Entry):
    days: int = Field(default=KEPT_DAYS, ge=1, description="How long the audit log is kept.")


class _File(_Entry):
    cors: _Cors = Field(default=_Cors(), description="Scripts of other sites.")
    limits: _Limits | Literal["none"] = Field(
        default=_Limits(), description='Limits of one caller and one worker process; `"none"` for none.'
    )
    oidc: _Oidc | None = Field(default=None, description="Bearer tokens of your own login.")
    audit: _Audit = Field(default=_Audit(), description="The audit log.")


def read_service_settings(releases: Path, state: Path) -> ServiceSettings:
    """The settings for a folder of releases; without the file, the defaults.

    Raises
    ------
    ConfigError
        The file cannot be read, or says something that there is not.
    """
    path = state / FILE
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
        entries = _File.model_validate(written)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}).", "Mend it, or take it away for the defaults.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{path}: {place} is wrong: {first['msg']}.", "docs/operating.md lists what this file may say."
        ) from None
    limits, oidc = entries.limits, entries.oidc
    return ServiceSettings(
        releases=releases,
        state=state,
        allowed_origins=entries.cors.origins,
        issuer=None if oidc is None else IssuerSettings(**oidc.model_dump()),
        rate=Rate(math.inf, math.inf) if limits == "none" else Rate(limits.burst, limits.per_second),
        audit_days=entries.audit.days,
    )
