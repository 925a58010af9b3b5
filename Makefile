# `make` plays the demo; `make help` lists what else there is: every target with a ## behind it.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
# What a machine image may have set: hundreds of daemons would be compiled anew at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo help test test-fast mutants check bench bench-compare soak chaos lock clean

demo: $(RUNTIME)  ## the whole story in a terminal, without accounts (the default)
	$(BIN)/remediator demo

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The slow ones wait most of the time; tests/conftest.py says which of them run side by side. What fails in that crowd is
# shown, and looked at once more, alone (docs/decisions/0016).
ALONE = $(BIN)/python -m pytest -v -x -m slow --last-failed --last-failed-no-failures none
test: check  ## everything, over real servers: some twenty minutes
	$(BIN)/python -m pytest -m "not slow" -n auto
	$(BIN)/python -m pytest -m slow -n 4 --dist loadfile --no-loadscope-reorder || \
		{ [ $$? -eq 1 ] && echo "== what failed in the crowd, once more, alone" && $(ALONE); }

test-fast: $(DEV)  ## everything that needs no server: under a minute
	$(BIN)/python -m pytest -m "not slow" -n auto

# Small bugs in random places, and those of them that no fast test noticed (docs/testing.md): make mutants MINUTES=30
mutants: $(DEV)  ## plant small bugs and say which no fast test noticed (MINUTES=10)
	$(BIN)/python -m tests.mutants --minutes $(or $(MINUTES),10)

check: $(DEV)  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: $(DEV)  ## figures with their goals
	@$(BIN)/python benchmarks/all.py

REV ?= HEAD
ROUNDS ?= 3
bench-compare: $(DEV)  ## this tree against another commit, in turn (REV=main ROUNDS=3 ONLY=idle,start)
	@$(BIN)/python benchmarks/compare.py $(REV) --rounds $(ROUNDS) --only "$(ONLY)"

soak: $(DEV)  ## half an hour of alerts: is everything flat, is everything accounted for? (MINUTES=30)
	@$(BIN)/python benchmarks/soak.py --minutes $(or $(MINUTES),30)

chaos: $(DEV)  ## three replicas, killed, asleep, without their database: is anything lost or done twice? (RUNS=10000 KILLS=50)
	@$(BIN)/python -m tests.world.chaos --runs $(or $(RUNS),10000) --kills $(or $(KILLS),50)

# Versions with hashes, for every supported Python and platform, without a word on where they come from.
UV_COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock" pyproject.toml
lock: .venv/bin/python  ## choose the newest versions of all dependencies
	$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) --extra dev --output-file requirements-dev.lock
	$(UV_COMPILE) --constraints requirements-dev.lock --output-file requirements.lock

clean:  ## forget everything that was built, and .venv
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -m venv .venv

$(RUNTIME): .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(DEV): .venv/bin/python requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@ $(RUNTIME)
