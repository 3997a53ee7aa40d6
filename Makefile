# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export UV_PYTHON_DOWNLOADS := never

.PHONY: help demo twin test test-more check bench docs messages clean

help:            ## this list
	@grep -hE '^[a-z-]+: *.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ —/'

$(BIN)/uv: requirements/bootstrap.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/main.done: $(BIN)/uv requirements/main.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/main.lock
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'lazaretto.pth').write_text(str(pathlib.Path('src').resolve()))"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m lazaretto "$$@"\n' > $(BIN)/lazaretto && chmod +x $(BIN)/lazaretto
	@touch $@

$(VENV)/dev.done: $(VENV)/main.done requirements/dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/main.done   ## set up, invent a bureau with five facilities, compute today's report, serve it (ARGS=--no-serve ends there)
	@$(BIN)/python -m lazaretto demo $(ARGS)

twin: $(VENV)/twin.done   ## what `lazaretto twin` needs: kernels, ensembles, results as Parquet

$(VENV)/twin.done: $(VENV)/main.done requirements/twin.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/twin.lock
	@touch $@

test: $(VENV)/dev.done   ## set up and run the tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal --durations=20 $(ARGS)

test-more: $(VENV)/dev.done   ## more random worlds, PostgreSQL, the browser, crashes
	@LAZARETTO_WORLDS=300 $(BIN)/python -m pytest -n 2 --durations=10 $$(grep -rl LAZARETTO_WORLDS tests/property)
	@$(BIN)/python -m pytest -n 3 --dist worksteal --durations=10 -m "more or browser" $(ARGS)
	@LAZARETTO_TEST_ENGINE=postgres $(BIN)/python -m pytest -n 2 --dist worksteal --durations=10 $(ARGS)

check: $(VENV)/dev.done   ## style, types, layers, unused dependencies, stale generated files
	@$(BIN)/ruff check src tests
	@$(BIN)/ruff format --check src tests
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/deptry src
	@LAZARETTO_HOME=$$(mktemp -d) DJANGO_SETTINGS_MODULE=lazaretto.config.settings $(BIN)/python -m django makemigrations --check --dry-run

bench: $(VENV)/dev.done   ## measure, both sides in one run
	@$(BIN)/python -m tests.benchmark.evidence
	@$(BIN)/python -m tests.benchmark.canonical
	@$(BIN)/python -m tests.benchmark.protocol
	@$(BIN)/python -m tests.benchmark.house_day
	@for engine in sqlite postgres; do \
		LAZARETTO_TEST_ENGINE=$$engine $(BIN)/python -m tests.benchmark.imports && \
		LAZARETTO_TEST_ENGINE=$$engine $(BIN)/python -m tests.benchmark.posts && \
		LAZARETTO_TEST_ENGINE=$$engine $(BIN)/python -m tests.benchmark.passage && \
		LAZARETTO_TEST_ENGINE=$$engine $(BIN)/python -m tests.benchmark.api_batch || exit 1; done
	@$(BIN)/python -m tests.benchmark.registry
	@$(BIN)/python -m tests.benchmark.surveillance
	@$(BIN)/python -m tests.benchmark.live
	@$(BIN)/python -m tests.benchmark.due
	@$(BIN)/python -m tests.benchmark.pages
	@$(BIN)/python -m tests.benchmark.signals
	@$(BIN)/python -m tests.benchmark.ward
	@$(BIN)/python -m tests.benchmark.rooms
	@$(BIN)/python -m tests.benchmark.twin

docs: $(VENV)/dev.done   ## print the generated pages again
	@$(BIN)/python -m tests.spec.manual
	@$(BIN)/python -m tests.generated
	@$(BIN)/python -m tests.spec.test_packs_table

messages: $(VENV)/dev.done   ## compile the message catalogues
	@$(BIN)/python -c "import pathlib, polib; [polib.pofile(str(p)).save_as_mofile(str(p.with_suffix('.mo'))) for p in pathlib.Path('src').rglob('*.po')]"

clean:           ## remove what was built (data under var/ stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
