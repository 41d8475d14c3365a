"""Asks a service for everything that its OpenAPI document allows, and for what it does not, by schemathesis.

`python tests/node/fuzz.py 220` makes about 220 cases an operation and kind of data, on a tiny town of its own, and
says how many there were. Any server error, undocumented status or media type, or reply that breaks its schema, fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def fuzz(address: str, folder: Path, *, examples: int, seed: int = 1) -> tuple[int, str]:
    """Number of cases, and what went wrong ("" where nothing did)."""
    report = folder / "cases.ndjson"
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{address}/api", "--checks", CHECKS, "--mode", "all",
         "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--seed", str(seed),
         "--request-timeout", "60", "--suppress-health-check", "all", "--no-color",
         "--report", "ndjson", "--report-ndjson-path", str(report)],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    generated = re.search(r"([\d,]+) generated", done.stdout)
    cases = int(generated[1].replace(",", "")) if generated else 0
    return cases, "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2000:]


def main() -> int:
    """Serve a tiny town and ask it."""
    sys.path.insert(0, str(ROOT / "tests"))
    from served import serving
    from tiny_town import make_tiny_town

    from geo_safety.pipeline import run

    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 220
    with tempfile.TemporaryDirectory(prefix="geo-safety-fuzz-") as name:
        folder = Path(name)
        run(make_tiny_town(folder), folder / "releases")
        with serving(folder / "releases") as live:
            cases, wrong = fuzz(live.address, folder, examples=examples)
    print(json.dumps({"cases": cases, "failed": bool(wrong)}), wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
