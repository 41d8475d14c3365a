"""The page of settings: every TOML file that the program reads, from the models that check it."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from markdown_text import anchor, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from api.service_file import _File as ServiceFile
from geo_safety.case_file import _File as CaseFile
from geo_safety.config_file import ConfigFile
from geo_safety.downloads.options import _File as FetchFile

FILES: dict[str, tuple[type[BaseModel], str]] = {
    "the config": (
        ConfigFile,
        (
            "What `check`, `run`, `backtest` and `calibrate` read; `geo-safety init` writes a first one ([how](../init.md))."
            " Paths are relative to the file. A setting that is not known is an error."
        ),
    ),
    "service.toml": (ServiceFile, "In the state folder of `geo-safety serve` ([operating](../operating.md))."),
    "fetch.toml": (FetchFile, "In the folder of downloads of `geo-safety fetch` ([downloads](../fetch.md))."),
    "the case file": (CaseFile, "What `geo-safety impact` reads ([case files](../products/impact.md))."),
}

Row = tuple[str, str, str, str]


def settings_page() -> str:
    """Markdown of the page."""
    parts = [
        "# Settings\n",
        (
            "Every setting of every file that the program reads, from the models that check them. In type and default, a list may"
            " be left empty; `left out` in a meaning says what happens without the setting.\n"
        ),
    ]
    for name, (model, lead) in FILES.items():
        parts.append(f"({anchor('file', name)})=\n\n## {title_of(name)}\n\n{lead}\n")
        for section, rows in sections(model).items():
            title = f"`{section}`" if section else "At the top"
            parts.append(f"### {title}\n\n" + table(("setting", "type", "default", "meaning"), rows))
    return "\n".join(parts)


def title_of(name: str) -> str:
    """The heading of a file: its name as code, or its description."""
    return name.capitalize() if name.startswith("the ") else f"`{name}`"


def sections(model: type[BaseModel], place: str = "") -> dict[str, list[Row]]:
    """The settings of a model: TOML heading → rows of name, type, default, meaning; nested models are headings of their own."""
    own: list[Row] = []
    below: dict[str, list[Row]] = {}
    for name, field in model.model_fields.items():
        part, many = _part(field.annotation)
        if part is None:
            own.append((f"`{name}`", _limited(field), _default(field), field.description or ""))
            continue
        path = f"{place}{name}"
        if field.description:
            below[f"[[{path}]]" if many else f"[{path}]"] = []
        inside = sections(part, f"{path}.")
        for heading, rows in inside.items():
            below[heading or (f"[[{path}]]" if many else f"[{path}]")] = rows
    here = {"": own} if own else {}
    return {**here, **below}


def undescribed(model: type[BaseModel], place: str = "") -> list[str]:
    """Settings of which nothing is said."""
    found = []
    for name, field in model.model_fields.items():
        if not field.description:
            found.append(f"{place}{name}")
        part, _ = _part(field.annotation)
        if part is not None:
            found += undescribed(part, f"{place}{name}.")
    return found


def _part(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside an annotation, and whether it may stand several times."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for inside in get_args(annotation):
        part, _ = _part(inside)
        if part is not None:
            return part, get_origin(annotation) in (tuple, list)
    return None, False


def _limited(field: FieldInfo) -> str:
    limits = []
    for one in field.metadata:
        match one:
            case Ge(ge):
                limits.append(f"from {ge:g}")
            case Gt(gt):
                limits.append(f"above {gt:g}")
            case Le(le):
                limits.append(f"to {le:g}")
            case Lt(lt):
                limits.append(f"below {lt:g}")
            case MinLen() | MaxLen() | Len():
                pass
    return " ".join([_type(field.annotation), *limits])


def _type(annotation: Any) -> str:  # noqa: PLR0911 - one line a kind of type
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): ""}
    if annotation in plain:
        return plain[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inside)
    if origin is typing.Annotated:
        return _type(inside[0])
    if origin in (tuple, list):
        return f"list of {_type(inside[0])}s".replace("entrys", "entries")
    if origin is dict:
        return f"table: {_type(inside[0])} → {_type(inside[1])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(filter(None, map(_type, inside)))
    return getattr(annotation, "__name__", str(annotation))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be set**"
    value = field.default_factory() if field.default_factory else field.default  # type: ignore[call-arg]
    if value is None or value is PydanticUndefined or value in ((), [], {}, ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{value!r}`".replace("'", '"')
