"""The addresses of the service, one module a noun."""

from fastapi import APIRouter

from . import (
    analysis,
    changes,
    collections,
    comparison,
    expectation,
    health,
    impact,
    items,
    landing,
    manifest,
    map_pages,
    marks,
    packs,
    series,
    similar,
    tiles,
    totals,
    values,
    walks,
    window_change,
)
from . import map as map_page

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        landing,
        collections,
        items,
        series,
        similar,
        values,
        window_change,
        analysis,
        comparison,
        expectation,
        totals,
        walks,
        impact,
        packs,
        changes,
        tiles,
        manifest,
        map_page,
        map_pages,
        marks,
        health,
    )
)
