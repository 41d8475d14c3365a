"""What no page may say: words that stigmatise, and the language of statistics without its meaning."""

from __future__ import annotations

import re
from html import unescape

BANNED = ("worst", "no-go", "gang", "gangs", "crime-ridden", "dangerous", "risk score", "victims", "deprived area", "red zone",
          "hell", "blackspot", "plague", "thug", "offenders")  # fmt: skip

JARGON = ("p-value", "p value", "z-score", "z score", "significant", "significance", "posterior", "prior", "bayesian", "credible",
          "gi*", "getis", "moran", "false discovery", "null hypothesis", "standard deviation", "percentile", "decile",
          "quantile", "regression", "overdispersion", "dispersion", "monte carlo", "permutation", "likelihood",
          "confidence interval", "probability")  # fmt: skip


def spoken(html: str) -> str:
    """What a reader sees and hears of a page: text, titles and labels, but no script, style or address."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    labels = " ".join(re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', html))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html) + " " + labels))


def without_meanings(html: str) -> str:
    """A page without its lists of terms, in which each stands beside what it means."""
    return re.sub(r"<dl\b.*?</dl>", " ", html, flags=re.DOTALL)


def banned_in(text: str) -> list[str]:
    """Banned words in a text, as whole words."""
    return [word for word in BANNED if _is_in(word, text)]


def jargon_in(text: str) -> list[str]:
    """Statistics jargon in a text."""
    return [word for word in JARGON if _is_in(word, text)]


def _is_in(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None
