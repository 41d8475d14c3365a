"""The addresses of the service, one module a noun."""

from fastapi import APIRouter

from . import analysis, collections, health, items, landing, manifest, series, tiles, values
from . import map as map_page

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (landing, collections, items, series, values, analysis, tiles, manifest, map_page, health)
)
