"""Layers in a real PostgreSQL with PostGIS: each run starts a cluster of its own in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import psycopg
import pytest
import shapely
from conftest import IN_CI
from readers import plain
from releases import INPUTS_HASH, tiny_content, tiny_release

from geo_safety import cli
from geo_safety.errors import OutputError
from geo_safety.outputs import export_to_database
from geo_safety.release import current, write_release
from geo_safety.schema import ZONES
from geo_safety.view import View


@pytest.fixture(scope="module")
def cluster():
    """Folder of the socket of a running cluster; its server runs as somebody other than root, as it insists on."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not homes or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        (pytest.fail if IN_CI else pytest.skip)("PostgreSQL with PostGIS is not installed")
    as_other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    # Not in pytest's own folder: paths of sockets are short, and others may not look into that one.
    folder = Path(tempfile.mkdtemp(prefix="geo-safety-pg-"))
    data, socket = folder / "data", folder / "socket"
    socket.mkdir()
    if as_other:
        for path in (folder, socket):
            shutil.chown(path, "nobody", "nogroup")

    def run(program, *arguments):
        subprocess.run([*as_other, homes[-1] / program, *arguments], check=True, capture_output=True, cwd=folder)

    run(
        "initdb",
        "--pgdata",
        data,
        "--username=owner",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    options = f"-k {socket} -c listen_addresses= -c fsync=off -c shared_buffers=16MB -c max_connections=10"
    run("pg_ctl", "--pgdata", data, "--wait", "--log", folder / "log", "-o", options, "start")
    yield socket
    run("pg_ctl", "--pgdata", data, "--wait", "--mode=immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def database(cluster, request):
    """Address of an empty database."""
    name = f"db_{abs(hash(request.node.name))}"
    with psycopg.connect(f"postgresql://owner@/postgres?host={cluster}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://owner@/{name}?host={cluster}"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    tiny_release(folder)
    return folder / "releases"


@pytest.fixture(scope="module")
def town(releases):
    return View(current(releases))


def rows_in(database, query):
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def test_every_layer_comes_with_the_rows_of_the_open_set(town, database):
    export_to_database(town, town.layers, database)
    for layer in town.layers:
        table = town.table(layer)
        order = ["area_id"] if layer == "hotspot-areas" else [n for n in ("theme", "layer", "feed", "zone_id", "month")
                                                              if n in table.column_names]  # fmt: skip
        names = ", ".join(f'"{name}"' if name != "geometry" else "ST_AsBinary(geometry)" for name in table.column_names)
        found = rows_in(
            database, f"SELECT {names} FROM geo_safety.{layer.replace('-', '_')} ORDER BY {', '.join(order)}"
        )
        wanted = table.sort_by([(name, "ascending") for name in order]).to_pylist()
        for row, want in zip(found, wanted, strict=True):
            for (name, value), got in zip(want.items(), row, strict=True):
                if name == "geometry":
                    assert shapely.from_wkb(bytes(got)).equals(shapely.from_wkb(value))
                else:
                    assert plain(got) == plain(value), (layer, name)


def test_small_numbers_stay_hidden(town, database):
    export_to_database(town, ["cells-r9", "series"], database)
    assert rows_in(database, "SELECT count(*) FROM geo_safety.cells_r9 WHERE incidents_band = '1-4'") != [(0,)]
    for table in ("cells_r9", "series"):
        assert rows_in(database, f"SELECT count(*) FROM geo_safety.{table} WHERE incidents BETWEEN 1 AND 4") == [(0,)]


def test_keys_indexes_types_and_comments_are_those_of_the_schema(town, database):
    export_to_database(town, ["wards"], database)
    indexes = dict(rows_in(database, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'geo_safety'"))
    assert "(zone_id, theme)" in indexes["wards_pkey"]
    assert "USING gist (geometry)" in indexes["wards_geometry"]
    types = dict(
        rows_in(database, "SELECT column_name, data_type FROM information_schema.columns WHERE table_name='wards'")
    )
    assert (types["zone_id"], types["incidents"], types["per_km2"], types["is_hotspot"], types["window_end"]) == (
        "text", "bigint", "double precision", "boolean", "date",
    )  # fmt: skip
    assert rows_in(database, "SELECT type, srid FROM geometry_columns") == [("MULTIPOLYGON", 4326)]
    comments = dict(
        rows_in(
            database,
            "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
            "WHERE attrelid = 'geo_safety.wards'::regclass AND attnum > 0",
        )
    )
    for column in ZONES.columns:
        assert comments[column.name].startswith(column.description)
    assert comments["area_km2"].endswith("Unit: km².")
    ((told,),) = rows_in(database, "SELECT obj_description('geo_safety.wards'::regclass)")
    assert "Can I publish this? Yes, because it is open data" in told
    assert "invented data" in told
    ((release_id, answer, caveats),) = rows_in(
        database, "SELECT release_id, can_i_publish_this, caveats FROM geo_safety.about WHERE layer = 'wards'"
    )
    assert release_id == town.release_id
    assert answer.startswith("Yes")
    assert any("Recorded is not all" in caveat for caveat in caveats)


def test_readers_see_one_release_whole_and_views_and_rights_stay(town, database, tmp_path):
    layers = ("wards", "boroughs", "cells-r9")
    export_to_database(town, layers, database)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE ROLE planner")
        connection.execute("GRANT SELECT ON geo_safety.wards TO planner")
        connection.execute("CREATE VIEW mine AS SELECT zone_id, incidents FROM geo_safety.wards")
    second = View(write_release(tiny_content(), tmp_path, inputs_hash="f" + INPUTS_HASH[1:]))
    seen, stop = set(), threading.Event()

    def look():
        with psycopg.connect(database, autocommit=True) as connection:
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    of = connection.execute(
                        "SELECT string_agg(DISTINCT release_id, ',') FROM geo_safety.about"
                    ).fetchone()
                    counts = connection.execute("SELECT (SELECT count(*) FROM geo_safety.wards), "
                                                "(SELECT count(*) FROM geo_safety.cells_r9)").fetchone()  # fmt: skip
                seen.add((*of, *counts))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for release in (second, town, second):
            export_to_database(release, layers, database)
    finally:
        stop.set()
        reader.join(timeout=30)
    assert {one[1:] for one in seen} == {(8, 74)}
    assert {one[0] for one in seen} <= {town.release_id, second.release_id}
    assert rows_in(database, "SELECT count(*) FROM mine") == [(8,)]
    assert rows_in(database, "SELECT has_table_privilege('planner', 'geo_safety.wards', 'SELECT')") == [(True,)]


def test_a_failure_leaves_what_was_there(town, database):
    export_to_database(town, ["wards", "boroughs"], database, theme="robbery")
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE geo_safety.boroughs ADD CHECK (theme = 'robbery')")
    with pytest.raises(OutputError, match="could not be written: new row for relation"):
        export_to_database(town, ["wards", "boroughs"], database)
    assert rows_in(database, "SELECT count(*), min(theme) FROM geo_safety.wards") == [(4, "robbery")]


def test_a_table_of_other_columns_is_made_anew_but_not_from_under_a_view(town, database):
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA geo_safety")
        connection.execute("CREATE TABLE geo_safety.wards (zone_id text, crimes int)")
        connection.execute("CREATE VIEW mine AS SELECT crimes FROM geo_safety.wards")
    with pytest.raises(OutputError, match=r"view mine depends on table geo_safety\.wards.*Drop the views"):
        export_to_database(town, ["wards"], database)
    with psycopg.connect(database) as connection:
        connection.execute("DROP VIEW mine")
    export_to_database(town, ["wards"], database)
    assert rows_in(database, "SELECT count(*) FROM geo_safety.wards") == [(8,)]


def test_postgis_may_live_in_a_schema_of_its_own(town, database):
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA extensions")
        connection.execute("CREATE EXTENSION postgis SCHEMA extensions")
    for _ in range(2):
        export_to_database(town, ["wards"], database, schema="Our Safety")
    assert rows_in(database, 'SELECT count(*) FROM "Our Safety".wards') == [(8,)]


def test_from_the_command_line(releases, town, database, capsys):
    assert cli.main(["export", str(releases), "all", database, "--schema", "safety"]) == 0
    said = capsys.readouterr().out
    assert "boroughs" in said
    assert "Safe to publish: Yes" in said
    tables = rows_in(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'safety'")
    assert tables == [(len(town.layers) + 1,)]


def test_what_is_wrong_is_told_without_the_password(releases, cluster, capsys):
    address = f"postgresql://owner:secret-word@/absent?host={cluster}"
    assert cli.main(["export", str(releases), "wards", address]) == 1
    told = capsys.readouterr()
    assert "database" in told.err
    assert "absent" in told.err
    assert "secret-word" not in told.err + told.out
    assert "Check the address" in told.err


def test_a_user_who_may_not_write_is_told(town, database):
    with psycopg.connect(database) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE ROLE reader LOGIN")
    with pytest.raises(OutputError, match=r"permission denied.*CREATE on the database"):
        export_to_database(town, ["wards"], database.replace("owner@", "reader@"))


def test_ogr_reads_it(town, database, require_program):
    export_to_database(town, ["wards"], database, theme="robbery")
    said = subprocess.run([require_program("ogrinfo"), "-ro", "-so", f"PG:{database}", "geo_safety.wards"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert "Feature Count: 4" in said.stdout
    assert "Multi Polygon" in said.stdout
    assert "ERROR" not in said.stderr
