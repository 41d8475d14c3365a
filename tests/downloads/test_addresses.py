"""The table of addresses, and what may stand in for it."""

from __future__ import annotations

from datetime import date

import pytest

from geo_safety.downloads import SOURCES
from geo_safety.downloads.addresses import bases_of, read_publishers
from geo_safety.downloads.options import read_options
from geo_safety.errors import FetchError


def test_every_source_has_a_row_and_every_row_is_complete():
    publishers = read_publishers()
    assert set(publishers) == set(SOURCES)
    for row in publishers.values():
        assert row.base.startswith("https://")
        assert row.documented.startswith("https://")
        assert row.looked_up <= date.today()  # noqa: DTZ011 - a day in the table, not a moment
        assert row.title
        assert row.licence
        assert row.attribution
        assert all(path.startswith("/") for path in row.paths.values())


def test_a_mirror_has_a_folder_for_each_host():
    mirror = read_publishers({"": "http://mirror.example/open/"})
    assert mirror["stats19"].base == "http://mirror.example/open/data.dft.gov.uk/road-accidents-safety-data"
    assert (
        mirror["tfl"].address("stations", modes="tube")
        == "http://mirror.example/open/api.tfl.gov.uk/StopPoint/Mode/tube"
    )
    assert mirror["london_datastore"].mirrored("https://data.london.gov.uk/download/a.csv") == (
        "http://mirror.example/open/data.london.gov.uk/download/a.csv"
    )
    assert mirror["london_datastore"].mirrored("https://elsewhere.example/a.csv") == "https://elsewhere.example/a.csv"


def test_one_publisher_can_have_a_base_of_its_own():
    publishers = read_publishers({"tfl": "http://proxy.example/tfl"})
    assert publishers["tfl"].base == "http://proxy.example/tfl"
    assert publishers["naptan"].base == "https://naptan.api.dft.gov.uk"


@pytest.mark.parametrize("base", ["mirror.example", "ftp://mirror.example", "", "http://"])
def test_a_base_that_is_no_address_is_an_error(base):
    with pytest.raises(FetchError, match="no base address"):
        read_publishers({"tfl": base})


def test_a_base_of_nobody_is_an_error():
    with pytest.raises(FetchError, match=r"no source 'tfi' to give a base to\. Use one of police_uk"):
        read_publishers({"tfi": "http://mirror.example"})


def test_flags_win_over_the_environment_and_that_over_the_file():
    written = {"base": "http://file", "bases": {"tfl": "http://file-tfl", "naptan": "http://file-naptan"}}
    environment = {"GEO_SAFETY_FETCH_BASE": "http://env", "GEO_SAFETY_FETCH_BASE_TFL": "http://env-tfl", "HOME": "x"}
    assert bases_of([], {}, written) == {"": "http://file", "tfl": "http://file-tfl", "naptan": "http://file-naptan"}
    assert bases_of([], environment, written) == {
        "": "http://env",
        "tfl": "http://env-tfl",
        "naptan": "http://file-naptan",
    }
    flags = ["http://flag?a=b", "tfl=http://flag-tfl"]
    assert bases_of(flags, environment, written) == {
        "": "http://flag?a=b",
        "tfl": "http://flag-tfl",
        "naptan": "http://file-naptan",
    }


def test_the_settings_file_of_the_folder_is_read(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    (tmp_path / "fetch.toml").write_text(
        f'base = "http://mirror.example"\nallow_hosts = ["a.example"]\ncertificates = "{ca}"\npause_s = 2\n'
    )
    options = read_options(None, folder=tmp_path, environment={}, allow_hosts=["b.example"])
    assert options.bases == {"": "http://mirror.example"}
    assert options.allow_hosts == ("a.example", "b.example")
    assert options.certificates == str(ca)
    assert options.pause_s == 2


def test_certificates_come_from_where_other_programs_look_too(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    environment = {"SSL_CERT_FILE": str(ca)}
    assert read_options(None, folder=tmp_path, environment=environment).certificates == str(ca)
    both = {**environment, "REQUESTS_CA_BUNDLE": "/other.pem"}
    assert read_options(None, folder=tmp_path, environment=both).certificates is None
    with pytest.raises(FetchError, match="no file of certificates"):
        read_options(None, folder=tmp_path, environment={}, certificates="/nowhere.pem")


@pytest.mark.parametrize(
    ("text", "says"),
    [("base = ", "no valid TOML|not valid TOML"), ('bse = "x"', "Known are base, bases"), ("pause_s = -1", "pause_s")],
)
def test_a_settings_file_that_is_wrong_is_an_error(tmp_path, text, says):
    (tmp_path / "fetch.toml").write_text(text)
    with pytest.raises(FetchError, match=says):
        read_options(None, folder=tmp_path, environment={})


def test_a_settings_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(FetchError, match="Correct --settings"):
        read_options(tmp_path / "absent.toml", folder=tmp_path, environment={})
