"""What `docs/clients` tells people to type, tried: every address, the Python blocks, the Power Query steps."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pandas as pd
import pytest
from conftest import IN_CI, ROOT
from served import serving
from test_client_docs import DOCUMENTED, town  # noqa: F401 - a fixture

PAGES = sorted((ROOT / "docs" / "clients").glob("*.md"))
NODE = ROOT / "tests" / "node"
ADDRESS = re.compile(rf"{re.escape(DOCUMENTED)}[^\s`\"'|)]*")
"""What stands for a key or a tile is left out below."""


@pytest.fixture(scope="module")
def live(town):  # noqa: F811 - the fixture
    with serving(town / "releases") as running:
        yield running


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_address_is_there(live, page):
    if page.stem == "questions":
        return  # run whole in test_client_docs
    for address in ADDRESS.findall(page.read_text(encoding="utf-8")):
        if "key=…" in address or "/analysis/totals" in address:
            continue
        address = address.rstrip(".,;").replace("{z}/{x}/{y}", "5/16/10")  # noqa: PLW2901
        reply = httpx.get(address.replace(DOCUMENTED, live.address))
        assert reply.status_code in (200, 204), (address, reply.text[:300])


@pytest.mark.parametrize("number", range(len(blocks(ROOT / "docs/clients/python.md", "python"))))
def test_the_python_blocks_run_as_they_stand(live, number):
    code = blocks(ROOT / "docs/clients/python.md", "python")[number].replace(DOCUMENTED, live.address)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


QUERIES = blocks(ROOT / "docs/clients/power-bi.md", "m")


def test_power_query_is_read_by_its_own_parser(tmp_path):
    if not (NODE / "node_modules").is_dir():
        (pytest.fail if IN_CI else pytest.skip)("the parser is not installed: `make test` does it")
    paths = []
    for number, query in enumerate([*QUERIES, "let a = in"]):
        paths.append(tmp_path / f"{number}.pq")
        paths[-1].write_text(query, encoding="utf-8")
    node = Path(sys.executable).with_name("node")
    environment = {**os.environ, "NODE_PATH": str(NODE / "node_modules")}
    good, bad = (
        subprocess.run(
            [node, NODE / "check_m.mjs", *some], capture_output=True, text=True, check=False, env=environment
        )
        for some in (paths[:-1], paths[-1:])
    )
    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.returncode == 1  # it would find a fault


@pytest.mark.parametrize("query", QUERIES)
def test_power_query_finds_its_columns_and_types(live, query):
    path = re.search(r'RelativePath = "([^"]+)"', query)[1]
    params = dict(re.findall(r'(\w+) = "([^"]*)"', re.search(r"Query = \[(.*?)\]", query)[1]))
    reply = httpx.get(f"{live.address}/{path}", params=params)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/csv")
    frame = pd.read_csv(io.BytesIO(reply.content), encoding="utf-8-sig", dtype=str)
    checks = {
        "type text": lambda _: True,
        "Int64.Type": lambda text: re.fullmatch(r"-?\d+", text),
        "type number": lambda text: re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text),
        "type logical": lambda text: text in ("true", "false"),
        "type date": lambda text: re.fullmatch(r"\d{4}-\d{2}-\d{2}", text),
    }
    for column, kind in re.findall(r'\{"(\w+)", (type \w+|Int64\.Type)\}', query):
        values = frame[column].dropna()
        assert values.map(checks[kind]).map(bool).all(), (column, kind, values.unique()[:5])


def test_every_page_is_found_from_the_first():
    first = (ROOT / "docs/clients/README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.name == "README.md" or f"({page.name})" in first, page.name
