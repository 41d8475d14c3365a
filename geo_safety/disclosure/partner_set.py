"""The partner set: what of partner feeds may leave, as rows of the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class PartnerSet:
    """Protected rows of the themes of partner feeds.

    Parameters
    ----------
    tables : mapping of layer to Table
        Only what may leave; layers without such rows are absent.
    summary : mapping
        What the manifest says of it.
    """

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
