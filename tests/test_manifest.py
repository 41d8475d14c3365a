"""What a release says about itself."""

from __future__ import annotations

from geo_safety.manifest import accounting, accounting_text, inputs_hash, software

FILE = {"rows_read": 10, "accepted": 7, "quarantined": 1, "repeated": 2, "incidents": 1234}


def test_accounting_adds_all_files_of_all_feeds():
    total = accounting([{"files": [FILE, FILE]}, {"files": [FILE]}])
    assert (total["rows_read"], total["accepted"], total["incidents"], total["outside"]) == (30, 21, 3702, 0)


def test_the_text_has_a_line_a_feed_and_the_sum_when_there_are_several():
    one = accounting_text({"sources": [{"name": "police", "files": [FILE]}]})
    assert len(one.splitlines()) == 2
    assert one.splitlines()[1].split() == ["police", "10", "0", "1", "2", "0", "0", "7", "0", "1,234"]
    two = accounting_text({"sources": [{"name": "police", "files": [FILE]}, {"name": "rail", "files": [FILE]}]})
    assert two.splitlines()[-1].split()[:3] == ["all", "feeds", "20"]


def test_the_hash_depends_on_every_input_but_not_on_their_order():
    files = [("a.csv", "11"), ("b.csv", "22")]
    one = inputs_hash(files, {"study": {"name": "x"}})
    assert one == inputs_hash(reversed(files), {"study": {"name": "x"}})
    assert one != inputs_hash([("a.csv", "11"), ("b.csv", "23")], {"study": {"name": "x"}})
    assert one != inputs_hash(files, {"study": {"name": "y"}})
    assert len(one) == 64


def test_versions_of_everything_that_can_change_a_figure_are_named():
    assert {"geo-safety", "numpy", "h3", "shapely", "pyproj"} <= set(software())
