"""Templates of partner data: each reads its own layout, keeps its access class, and reads no column that is not named."""

from __future__ import annotations

import pytest

from geo_safety.errors import ProblemsError
from geo_safety.incidents import read_feed, theme_matrix
from geo_safety.settings import read_settings
from geo_safety.sources.templates import TEMPLATES

STUDY = '[study]\nname = "T"\naround = ["partner"]\n\n[grid]\nresolutions = [8]\n\n'


def feed_of(tmp_path, name: str, text: str, more: str = ""):
    (tmp_path / "a.csv").write_text(text)
    entry = f'[[sources]]\nkind = "table"\ntemplate = "{name}"\nname = "partner"\npath = "a.csv"\n{more}'
    (tmp_path / "a.toml").write_text(STUDY + entry)
    return read_settings(tmp_path / "a.toml").feeds[0]


def extract(name: str, *, with_extra: bool = False) -> str:
    """Two rows in the layout that a template asks for."""
    template = TEMPLATES[name]
    place = ("530000", "180000") if template.crs == "EPSG:27700" else ("-0.1", "51.5")
    values = {
        "longitude": place[0],
        "latitude": place[1],
        "time": "2024-05-03 22:15",
        "category": next(iter(template.labels)),
    }
    header = [*template.columns.values(), *(template.extra if with_extra else ())]
    row = [*(values[use] for use in template.columns), *("knife" for _ in (template.extra if with_extra else ()))]
    return "\n".join([",".join(header), ",".join(row), ",".join(row)]) + "\n"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_reads_its_own_layout(tmp_path, name):
    settings = feed_of(tmp_path, name, extract(name))
    feed = read_feed(settings)
    assert (feed.accounts[0].accepted, feed.accounts[0].unused) == (2, 0)
    assert (settings.role, settings.access) == (TEMPLATES[name].role, TEMPLATES[name].access)
    assert -0.2 < feed.incidents.longitude[0] < 0
    assert str(feed.incidents.date[0]) == "2024-05-03T22:15"
    assert theme_matrix(feed)


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_extra_column_can_be_named_as_detail(tmp_path, name):
    extra = next(iter(TEMPLATES[name].extra))
    settings = feed_of(tmp_path, name, extract(name, with_extra=True), f'columns = {{ detail = "{extra}" }}')
    feed = read_feed(settings)
    assert feed.incidents.categories == (f"{next(iter(TEMPLATES[name].labels))}: knife",)
    assert feed.accounts[0].unused == 0


def test_what_the_config_says_goes_before_the_template(tmp_path):
    text = "lon,lat,call_time\n-0.1,51.5,2024-05-03\n"
    more = 'role = "primary"\naccess = "internal"\ncolumns = { longitude = "lon", latitude = "lat" }\n'
    settings = feed_of(tmp_path, "ambulance_assaults", text, more)
    assert (settings.role, settings.access) == ("primary", "internal")
    assert read_feed(settings).accounts[0].accepted == 1


def test_only_data_that_anyone_may_have_are_open():
    assert {name for name, template in TEMPLATES.items() if template.access == "open"} == {"deliberate_fires"}


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [("gulls", "table", "no template 'gulls'"), ("streetsafe", "stats19", "names a template, but is no table")],
)
def test_a_template_that_does_not_fit_is_refused(tmp_path, name, kind, message):
    (tmp_path / "a.toml").write_text(
        STUDY + f'[[sources]]\nkind = "{kind}"\ntemplate = "{name}"\nname = "partner"\npath = "a.csv"\n'
    )
    with pytest.raises(ProblemsError, match=message):
        read_settings(tmp_path / "a.toml")
