# Needs Python 3.11 or later with venv, and nothing else. `make run` tries SendQ out, `make test`
# checks it. Paths are relative, for make cannot do with a space in a target.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv
BIN = $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install run check test torture bench screenshots lock

help:
	@echo "make run      try SendQ: database, sandbox, queue and admin; PORT=8001 moves it from 8000"
	@echo "make check    lint, types, imports, and the fast tests of what has changed: a minute or so"
	@echo "make test     lint, types, imports, checks and tests"
	@echo "make torture  kill a thousand runs, live a hundred lives, count what was broken: hours"
	@echo "make bench    how fast, beside yardsticks: ten minutes, into bench/results.md"
	@echo "make screenshots  take the pictures in docs/images of the real pages (needs Chromium)"
	@echo "make install  build $(VENV) from requirements.lock; the others do it when needed"
	@echo "make lock     resolve the dependencies of pyproject.toml anew (needs uv)"

# What was installed is noted with the folder: programs in a venv do not survive a move.
install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "SendQ needs Python 3.11 or later. Name one: make PYTHON=python3.12" >&2; exit 1; }
	@{ pwd; cat requirements.lock; } | cmp -s - "$(VENV)/installed" || { \
		echo "Installing the dependencies into $(VENV): once, a minute or so" && \
		$(PYTHON) -m venv --clear "$(VENV)" && \
		"$(BIN)/python" -m pip install -qq --disable-pip-version-check \
			--no-deps --require-hashes -r requirements.lock && \
		{ pwd; cat requirements.lock; } > "$(VENV)/installed"; }

run: install
	@exec "$(BIN)/python" -m sendq_site.run

# For daily work.
check: install
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/lint-imports" >/dev/null || "$(BIN)/lint-imports"
	"$(BIN)/mypy" sendq_site access campaigns doors queueing sandbox tests
	@tests=$$("$(BIN)/python" -m tests.changed) && if [ -n "$$tests" ]; then \
		echo "pytest $$tests" && "$(BIN)/pytest" -q -n 2 --dist worksteal $$tests; \
	else echo "No test is about what has changed: make test runs all"; fi

# The settings of a real installation are kept out of the tests, also where `.env` has them.
check test: export UNIPILE_DSN =
check test: export UNIPILE_API_KEY =
test: install
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy" sendq_site access campaigns doors queueing sandbox tests
	"$(BIN)/lint-imports"
	"$(BIN)/python" manage.py check --fail-level WARNING
	"$(BIN)/python" manage.py makemigrations --check --dry-run
	"$(BIN)/pytest" -n 4 --dist worksteal

# A thousand kills, ten thousand runs, a thousand orders of events, a hundred stories, with figures;
# KILLS=200 RUNS=2000 SEQUENCES=100 STORIES=10 make it shorter.
torture: install
	"$(BIN)/pytest" -q -m torture tests
	THOROUGH=1 "$(BIN)/pytest" -q tests/queueing/gates/test_hours_properties.py

# A short form of the measurements in bench/; the yardsticks come from the package index.
bench: install
	@{ echo "# Measured by \`make bench\`"; echo; \
		echo "Medians, each beside its yardstick in the same run."; \
		"$(BIN)/python" bench/throughput.py --short --rounds 2 && \
		"$(BIN)/python" bench/startup.py 5; } > .bench-results
	@mv .bench-results bench/results.md && cat bench/results.md

# The pages themselves, with the sample in a database of its own.
screenshots: install
	"$(BIN)/pytest" -q tests/browser/pictures.py

# Three of them, which agree: what an installation needs, what a trial has besides, and all.
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate pyproject.toml

lock:
	$(LOCK) --group dev -o requirements.lock
	$(LOCK) --group trial -c requirements.lock -o requirements-trial.lock
	$(LOCK) -c requirements.lock -o requirements-run.lock
