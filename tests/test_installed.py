"""What somebody gets who installs the package: it runs outside the checkout, warns of nothing and loads little."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import pytest
from conftest import IN_CI

UV = Path(sys.executable).with_name("uv")


def run(*command: object, **rest: object) -> subprocess.CompletedProcess[str]:
    # Nothing of the checkout or of its environment may help.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("UV_", "PIP_", "SSL_"))}
    return subprocess.run(list(map(str, command)), env=environment, text=True, capture_output=True, check=False, **rest)


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as reply:
        return reply.read().decode()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, project_root) -> Path:
    """The wheel that the source archive gives, built away from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=project_root)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel) -> Path:
    """The programs of a new environment that holds the wheel and what it asks for, nothing else."""
    if not UV.is_file():
        pytest.skip("this environment has no uv")
    environment = tmp_path_factory.mktemp("environment") / "venv"
    assert run(UV, "venv", "--python", sys.executable, environment).returncode == 0
    done = run(UV, "pip", "install", "--python", environment, wheel)
    if done.returncode and not IN_CI and re.search(r"dns|connect|network|offline", done.stderr, re.IGNORECASE):
        pytest.skip("no registry of packages can be reached")
    assert done.returncode == 0, done.stderr
    return environment / "bin"


@pytest.mark.slow
def test_the_wheel_alone_makes_the_demo_and_serves_it(installed, tmp_path):
    python = installed / "python"
    where = run(python, "-c", "import geo_safety, api; print(geo_safety.__file__, api.__file__)", cwd=tmp_path)
    assert all("site-packages" in place for place in where.stdout.split())
    done = run(python, "-W", "error", installed / "geo-safety", "demo", "town", "--no-serve", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "is now current" in done.stdout
    command = [installed / "geo-safety", "serve", "town/releases", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"API (http://127\.0\.0\.1:\d+)/", server.stdout.readline())
            assert address
            assert "Doggerland" in read(f"{address[1]}/map")
            script = re.search(r'<script[^>]*src="([^"]+)"', read(f"{address[1]}/map/explore"))
            assert script
            assert len(read(urljoin(f"{address[1]}/map/explore", script[1]))) > 10_000
        finally:
            server.terminate()
            server.communicate(timeout=60)


@pytest.mark.slow
def test_a_type_checker_sees_the_types_of_the_installed_package(installed, tmp_path):
    (tmp_path / "mine.py").write_text("from geo_safety.release import current\n\ncurrent(1)\n")
    check = run(
        sys.executable, "-m", "mypy", "--python-executable", installed / "python", "--follow-imports=silent",
        "mine.py", cwd=tmp_path,
    )  # fmt: skip
    assert 'has incompatible type "int"; expected "Path"' in check.stdout
    assert "py.typed" not in check.stdout


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("geo_safety", set()),
        ("geo_safety.cli", set()),
        ("api", set()),
        ("geo_safety.statistics", {"numpy", "scipy", "charset_normalizer"}),  # scipy takes it from numpy.f2py
    ],
)
def test_an_import_loads_no_package_that_it_does_not_need(module, allowed):
    # Each of these takes a good part of the second that an import may take; benchmarks/bench_import.py has the times.
    code = f"""
import sys
before = set(sys.modules)
import {module}
loaded = {{name.partition('.')[0] for name in set(sys.modules) - before}}
from importlib.metadata import packages_distributions
print(*(loaded & set(packages_distributions())))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - {"geo_safety", "api"} <= allowed


def test_no_module_warns_when_it_is_imported(project_root):
    names = sorted(
        ".".join(path.relative_to(project_root).with_suffix("").parts).removesuffix(".__init__")
        for package in ("geo_safety", "api")
        for path in (project_root / package).rglob("*.py")
        if "node_modules" not in path.parts and path.name != "__main__.py"
    )
    assert len(names) > 200
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *names], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
