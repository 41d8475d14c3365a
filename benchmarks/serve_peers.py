"""The other servers of `bench_serve.py`, on PostGIS, each as its own documentation says: TiPg and pygeoapi.

They are installed for the benchmark only, into a folder that is removed with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (
    "tipg>=1.6",
    "uvicorn[standard]",
    "pygeoapi>=0.21",
    "sqlalchemy<2.1",
    "psycopg2-binary",
    "geoalchemy2",
    "gunicorn",
)
WORKERS = 2
DATABASE, SCHEMA = "hexes", "public"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def install(folder: Path) -> Path:
    """The peers' own environment; kept from an earlier run in the same folder."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python.parent


@contextmanager
def postgis(folder: Path) -> Iterator[dict[str, str]]:
    """A PostgreSQL of its own with PostGIS; yields what clients need to know of it."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not homes:
        sys.exit("PostgreSQL with PostGIS is not installed (Debian: postgresql-15-postgis-3).")
    as_other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    home, port = folder / "postgres", free_port()
    home.mkdir(parents=True)
    if as_other:
        shutil.chown(home, "nobody", "nogroup")
        for above in home.parents:
            above.chmod(above.stat().st_mode | 0o011) if str(above).startswith(str(folder)) else None

    def run(program: str, *arguments: object) -> None:
        subprocess.run(
            [*as_other, homes[-1] / program, *map(str, arguments)], check=True, capture_output=True, cwd=home
        )

    run("initdb", "--pgdata", home / "data", "--username=owner", "--auth=trust", "--no-sync", "--encoding=UTF8")
    settings = f"-k {home} -c listen_addresses=127.0.0.1 -c port={port} -c shared_buffers=512MB -c jit=off"
    run("pg_ctl", "--pgdata", home / "data", "--wait", "--log", home / "log", "-o", settings, "start")
    try:
        run("createdb", "--host", home, "--port", port, "--username=owner", DATABASE)
        yield {"host": "127.0.0.1", "port": str(port), "user": "owner", "dbname": DATABASE}
    finally:
        run("pg_ctl", "--pgdata", home / "data", "--wait", "--mode=immediate", "stop")


def load(place: dict[str, str], file: Path, table: str) -> None:
    """A layer into PostGIS by GDAL, with a key, a spatial index and fresh statistics."""
    address = f"PG:host={place['host']} port={place['port']} user={place['user']} dbname={place['dbname']}"
    subprocess.run(
        ["ogr2ogr", "-f", "PostgreSQL", address, str(file), "-nln", table, "-lco", "FID=id", "-lco", "GEOMETRY_NAME=geom",
         "-nlt", "PROMOTE_TO_MULTI", "--config", "PG_USE_COPY", "YES"],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(["ogrinfo", "-q", address, "-sql", f"ANALYZE {table}"], check=True, capture_output=True)


def with_extension(place: dict[str, str]) -> None:
    address = f"PG:host={place['host']} port={place['port']} user={place['user']} dbname={place['dbname']}"
    subprocess.run(["ogrinfo", "-q", address, "-sql", "CREATE EXTENSION postgis"], check=True, capture_output=True)


@contextmanager
def server(command: list[str], ready: str, log: Path, **environment: str) -> Iterator[None]:
    """A server as a process of its own, from when it answers until the end of the block."""
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(ready, timeout=5).read()
                    break
                except (urllib.error.URLError, OSError):
                    if process.poll() is not None:
                        sys.exit(f"{command[0]} ended: {log.read_text()[-2000:]}")
                    time.sleep(0.1)
            else:
                sys.exit(f"{command[0]} does not answer: {log.read_text()[-2000:]}")
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def tipg(programs: Path, place: dict[str, str], folder: Path) -> Iterator[str]:
    """TiPg with its defaults: its caches, its compression, two workers."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    about = {f"POSTGRES_{name}": value for name, value in (
        ("HOST", place["host"]), ("PORT", place["port"]), ("USER", place["user"]), ("PASS", "none"), ("DBNAME", place["dbname"]))}  # fmt: skip
    command = [str(programs / "uvicorn"), "tipg.main:app", "--host=127.0.0.1", f"--port={port}", f"--workers={WORKERS}",
               "--log-level=warning"]  # fmt: skip
    with server(command, f"{address}/collections", folder / "tipg.log", **about):
        yield address


@contextmanager
def pygeoapi(programs: Path, place: dict[str, str], folder: Path, tables: list[str]) -> Iterator[str]:
    """Pygeoapi behind gunicorn with two workers, its PostgreSQL provider and no HTML."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    config = folder / "pygeoapi.yml"
    config.write_text(_pygeoapi_config(address, place, tables), encoding="utf-8")
    about = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(folder / "openapi.yml")}
    with (folder / "openapi.yml").open("w") as out:
        subprocess.run([str(programs / "pygeoapi"), "openapi", "generate", str(config)], check=True, stdout=out,
                       stderr=subprocess.DEVNULL, env={**os.environ, **about})  # fmt: skip
    command = [str(programs / "gunicorn"), "pygeoapi.flask_app:APP", f"--bind=127.0.0.1:{port}", f"--workers={WORKERS}",
               "--log-level=warning"]  # fmt: skip
    with server(command, f"{address}/collections?f=json", folder / "pygeoapi.log", **about):
        yield address


def _pygeoapi_config(address: str, place: dict[str, str], tables: list[str]) -> str:
    resources = "".join(
        f"""
  {table}:
    type: collection
    title: {table}
    description: {table}
    keywords: [hexes]
    links: []
    extents: {{spatial: {{bbox: [-180, -90, 180, 90], crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}}}
    providers:
      - type: feature
        name: PostgreSQL
        data: {{host: {place["host"]}, port: {place["port"]}, dbname: {place["dbname"]}, user: {place["user"]},
                password: none, search_path: [public]}}
        id_field: id
        table: {table}
        geom_field: geom
"""
        for table in tables
    )
    return f"""
server:
  bind: {{host: 127.0.0.1, port: 5000}}
  url: {address}
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  gzip: true
  languages: [en-US]
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "https://tile.openstreetmap.org/{{z}}/{{x}}/{{y}}.png", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: hexes, description: hexes, keywords: [hexes], keywords_type: theme, terms_of_service: none, url: "{address}"}}
  license: {{name: none, url: "{address}"}}
  provider: {{name: none, url: "{address}"}}
  contact: {{name: none, position: none, address: none, city: none, stateorprovince: none, postalcode: none, country: none,
             phone: none, fax: none, email: none@example.org, url: "{address}", hours: none, instructions: none, role: pointOfContact}}
resources:{resources}
"""
