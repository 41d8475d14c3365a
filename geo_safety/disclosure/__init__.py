"""Disclosure control: what of a release may whom see? One place, below every output.

`classes` says who readers are, `open_set` what everybody may see of open feeds. Of partner feeds `rules` says what is
hidden, `together` protects the counts of all layers at once, `ledger` remembers what was given out before, and
`partner_set` makes the published rows. `sets` puts a layer together for each class, `manifests` the
manifest.
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
from geo_safety.disclosure.manifests import lent_themes, manifest_for
from geo_safety.disclosure.open_set import (
    BAND_HIDDEN,
    FINEST_OPEN_RESOLUTION,
    OF_THE_NEIGHBOURHOOD,
    SMALLEST_SHOWN,
    SUPPRESSED,
    band_ends,
    breaches,
    may_leave,
    protect,
    shown_counts,
)
from geo_safety.disclosure.partner_set import PartnerSet, partner_breaches
from geo_safety.disclosure.rules import NOT_SHOWN, DisclosureRules, rules_from
from geo_safety.disclosure.sets import closed_rows, sets_of

__all__ = [
    "ACCESS_CLASSES",
    "BAND_HIDDEN",
    "FINEST_OPEN_RESOLUTION",
    "NOT_SHOWN",
    "OF_THE_NEIGHBOURHOOD",
    "OPEN",
    "SMALLEST_SHOWN",
    "SUPPRESSED",
    "Access",
    "DisclosureRules",
    "PartnerSet",
    "Reader",
    "band_ends",
    "breaches",
    "closed_feeds",
    "closed_rows",
    "closed_themes",
    "lent_themes",
    "manifest_for",
    "may_leave",
    "partner_breaches",
    "protect",
    "rules_from",
    "sets_of",
    "shown_counts",
    "strictest",
]
