# Everything from a bare checkout: Python 3.11+ (and Node 20 for `make test`) is all that must be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test sdk-built check types dbt dbt-sources dist bench soak lock format screenshots words clean

help:
	@echo "make demo   start Milepost with real data in it (ARGS=\"--no-browser --port 9000\" passes flags on)"
	@echo "make test   run every test (ARGS=tests/ingest: one folder)"
	@echo "make check  ruff, mypy --strict, import-linter"
	@echo "make dist   the wheel and the SDKs' npm packages, in dist/"
	@echo "make types  write the SDKs' types of the wire anew, from the server's OpenAPI document"
	@echo "make dbt    dbt for DuckDB and PostgreSQL, and Spark, in .venv-dbt, for make soak"
	@echo "make dbt-sources  write what examples/dbt says of the data sets anew"
	@echo "make bench  measure, and print ratios (half an hour; python -m bench.questions is a part of it)"
	@echo "make soak   many more examples of every property; kill -9 for as long as you like (ARGS=\"--minutes 60\")"
	@echo "make screenshots  a picture of every page, in build/pages"
	@echo "make words  every string that people read, by file, to be read once more"
	@echo "make lock   resolve the dependencies anew"

INSTALL := sh scripts/install_packages.sh $(BIN)/python

# The server alone: what the demo needs.
$(VENV)/.server: requirements/server.txt requirements/uv.txt pyproject.toml
	$(PYTHON) scripts/require_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/server.txt
	$(INSTALL) --no-deps -e .
	touch $@

# What checks and tests need on top.
$(VENV)/.dev: $(VENV)/.server requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	touch $@

demo: $(VENV)/.server
	$(BIN)/milepost demo $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml --no-logo

# What the browser SDK is built and tested with.
sdk/node_modules/.made: sdk/package-lock.json
	npm --prefix sdk ci --no-audit --no-fund --loglevel=error
	touch $@

test: $(VENV)/.dev sdk-built
	sh scripts/run_tests.sh $(BIN)/python $(ARGS)

# What the tests need beside Python; with `make -j 2` made beside it.
sdk-built:
	sh scripts/install_system.sh
	$(MAKE) sdk/node_modules/.made
	npm --prefix sdk run build
	git diff --exit-code --stat -- src/milepost/dashboard/static/milepost.js

# After a change of what the server takes or answers; tests/test_wire_types.py fails when it was forgotten.
types: $(VENV)/.dev sdk/node_modules/.made
	$(BIN)/python scripts/write_wire_types.py

# After a change of a data set; tests/export/test_dbt_sources.py fails when it was forgotten.
dbt-sources: $(VENV)/.server
	$(BIN)/python scripts/write_dbt_sources.py

# In an environment of its own: its pins and the server's would not meet.
DBT := .venv-dbt
dbt: $(DBT)/.made
$(DBT)/.made: requirements/dbt.txt requirements/uv.txt
	test -x $(DBT)/bin/python || $(PYTHON) -m venv $(DBT)
	sh scripts/install_packages.sh $(DBT)/bin/python --require-hashes -r requirements/dbt.txt
	touch $@

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)
	$(BIN)/python -m bench.scoring
	$(BIN)/python -m bench.beside
	$(BIN)/python -m bench.questions
	$(BIN)/python -m bench.ties
	$(BIN)/python -m bench.by_traits
	$(BIN)/python -m bench.export --events 2000000
	$(BIN)/python -m bench.live_readers

# An hour or two for the properties, tests/support/examples.py says how many examples, and for files that are imported
# whole.
soak: $(VENV)/.dev $(DBT)/.made
	sh scripts/install_system.sh java
	$(BIN)/python -m pytest -m "hypothesis or slow or soak" --hypothesis-profile soak --timeout 0
	$(BIN)/python -m bench.soak $(ARGS)
	$(BIN)/python -m bench.kills

# What people install before it is on a registry: the wheel, and the SDKs' two packages, built anew.
dist: $(VENV)/.server sdk/node_modules/.made
	rm -rf dist && mkdir dist
	npm --prefix sdk run build -w browser
	cd sdk && npm pack --silent --pack-destination ../dist -w browser -w react
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	ls -l dist

# Every page, to be looked at one by one; with ARGS="http://127.0.0.1:8321 SIGN-IN-LINK" those that need a running demo.
# The README's: python scripts/screenshots.py URL LINK
screenshots: $(VENV)/.dev
	$(BIN)/python scripts/page_pictures.py $(ARGS)

words: $(VENV)/.server
	@$(BIN)/python scripts/words.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# --universal, so that one file serves every platform; no index addresses, so that any index will do.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: $(VENV)/.server
	$(LOCK) $(ARGS) pyproject.toml --extra server --extra notebook requirements/dev.in -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra server -c requirements/dev.txt -o requirements/server.txt
	$(LOCK) requirements/dbt.in -o requirements/dbt.txt
	echo uv | $(LOCK) - -o requirements/uv.txt

clean:
	rm -rf $(VENV) $(DBT) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
