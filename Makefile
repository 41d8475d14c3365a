# One environment in .venv/, one command for each job. `make` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
ARGS ?=
INPUTS ?= 10000
BIN := .venv/bin
COMMA := ,
SPACE := $() $()
# Extras that the tests need; the others bring nothing that they try.
EXTRAS := dask dev docs pdf postgis remote
# pyproj asks each array whether it is a number, of which numpy 2.1 to 2.3 warn.
OTHERS_WARN := -W 'ignore:Conversion of an array with ndim:DeprecationWarning'
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help env assets demo test check doctest docs bench fuzz soak screenshots wheel oldest newest lock clean

help: ## list these commands
	@grep -hE '^[a-z ]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z ]+):.*## (.*)/  make \1\t\2/' | expand -t 24

env: .venv/.installed ## make or update the environment in .venv/ from requirements-dev.lock

# An environment that is there is brought up to date in place, so that running programs keep theirs.
.venv/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "geo-safety needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo "Install one and name it, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo "Installing the locked packages into .venv/ (about a minute)..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

assets: geo_safety/assets/map/manifest.json ## build the map application into geo_safety/assets/

WEB := $(wildcard api/web/*.json api/web/*.mjs api/web/*.ts api/web/src/*.ts api/web/src/*/*.ts api/web/src/styles/*) \
	$(wildcard api/words/*.json)

api/web/node_modules/.package-lock.json: api/web/package-lock.json | env
	cd api/web && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --loglevel=error
	@touch $@

geo_safety/assets/map/manifest.json: $(WEB) api/web/node_modules/.package-lock.json
	cd api/web && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm run --silent build
	@touch $@

demo: env assets ## make the demo city's data, run the pipeline, serve API and map (ARGS="--no-serve")
	$(BIN)/geo-safety demo demo $(ARGS)

test: env assets tests/node/node_modules/.package-lock.json ## run the tests, the notebooks and the examples in docstrings (ARGS="-k areas" for some of the tests)
	$(if $(ARGS),,$(BIN)/pytest --doctest-modules -q geo_safety api)
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

# Programs that tests use: a linter of OpenAPI documents, a parser of Power Query.
tests/node/node_modules/.package-lock.json: tests/node/package-lock.json | env
	cd tests/node && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --loglevel=error
	@touch $@

check: env api/web/node_modules/.package-lock.json ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd api/web && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm run --silent check

doctest: env assets ## run the examples in the docstrings alone
	$(BIN)/pytest --doctest-modules geo_safety api $(ARGS)

docs: env ## build the documentation into build/site/, warnings are errors
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --fresh-env -c docs/site -d build/doctrees . build/site
	@echo "build/site/index.html opens in any browser, with no network."

bench: env assets ## run the benchmarks on real data (ARGS="--quick" for the short form)
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" $(ARGS); done

fuzz: env assets ## ask the service all that its OpenAPI document allows and forbids (ARGS="220"), break the readers' inputs (INPUTS=1000)
	$(BIN)/python tests/node/fuzz.py $(ARGS)
	$(BIN)/python tests/fuzzing.py --inputs $(INPUTS)

soak: env assets ## ten minutes of mixed load while releases change and workers die (ARGS="--minutes 1")
	$(BIN)/python benchmarks/soak_serve.py $(ARGS)

screenshots: env assets ## take pictures of every view into screenshots/ (ARGS="RELEASES --only place")
	$(BIN)/python tests/browser/screenshots.py $(ARGS)

wheel: env assets ## build the source archive and the wheel into dist/
	$(BIN)/python -m hatchling build

# Other versions than the locked ones: the fast tests in an environment of its own, with what the bounds in
# pyproject.toml allow at the least and at the most. An older anyio, because older Starlettes warn about its newer names,
# and the httpx that their test client stands on.
oldest: RESOLUTION := lowest-direct
newest: RESOLUTION := highest
oldest newest: env assets ## the fast tests with the oldest, or the newest, packages that the bounds allow
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/$@
	echo $(if $(filter oldest,$@),'anyio<4.15') > build/$@/constraints.txt
	$(BIN)/uv pip install --quiet --python build/$@ --resolution $(RESOLUTION) -c build/$@/constraints.txt \
		-e '.[$(subst $(SPACE),$(COMMA),$(EXTRAS))]' $(if $(filter oldest,$@),'httpx>=0.27$(COMMA)<1')
	build/$@/bin/pytest -n 2 --dist loadfile -m 'not slow' -q $(OTHERS_WARN) $(ARGS)

lock: env ## pin the dependencies anew (ARGS="--upgrade" for newer versions)
	$(COMPILE) pyproject.toml -o requirements.lock $(ARGS)
	$(COMPILE) pyproject.toml $(addprefix --extra ,$(EXTRAS)) -c requirements.lock -o requirements-dev.lock $(ARGS)

clean: ## remove everything that these commands made
	rm -rf .venv build dist demo screenshots geo_safety/assets api/web/node_modules tests/node/node_modules .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
