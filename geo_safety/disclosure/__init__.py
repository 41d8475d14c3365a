"""Disclosure control: what of a release may whom see? One place, below every output.

`classes` says who readers are, `open_set` what everybody may see of open feeds, `partner_set` what partners may see of
partner feeds.
"""

from geo_safety.disclosure.classes import (
    ACCESS_CLASSES,
    OPEN,
    Access,
    Reader,
    closed_feeds,
    closed_themes,
    strictest,
)
from geo_safety.disclosure.open_set import (
    BAND_HIDDEN,
    FINEST_OPEN_RESOLUTION,
    OF_THE_NEIGHBOURHOOD,
    SMALLEST_SHOWN,
    SUPPRESSED,
    breaches,
    may_leave,
    protect,
    shown_counts,
)
from geo_safety.disclosure.partner_set import PartnerSet
from geo_safety.disclosure.sets import closed_rows, sets_of

__all__ = [
    "ACCESS_CLASSES",
    "BAND_HIDDEN",
    "FINEST_OPEN_RESOLUTION",
    "OF_THE_NEIGHBOURHOOD",
    "OPEN",
    "SMALLEST_SHOWN",
    "SUPPRESSED",
    "Access",
    "PartnerSet",
    "Reader",
    "breaches",
    "closed_feeds",
    "closed_rows",
    "closed_themes",
    "may_leave",
    "protect",
    "sets_of",
    "shown_counts",
    "strictest",
]
