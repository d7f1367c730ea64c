# Casebook: every routine of the project. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin

# Two quiets: pip's warnings about the machine's own settings are not ours to solve; errors are still shown.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --no-input --disable-pip-version-check --constraint constraints.txt

.PHONY: help
help: ## list these routines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
	@echo
	@echo "PYTHON=/path/to/python3.12 chooses the Python (3.11 or 3.12); PORT=9000 the port of \`make serve\`."

# --- for everybody -------------------------------------------------------------------------------

.PHONY: serve
serve: build ## install, build the database and show it in the browser
	@$(BIN)/casebook export || echo "The site is shown without new downloads"
	@$(BIN)/casebook serve $(if $(PORT),--port $(PORT))

.PHONY: build
build: $(VENV)/.installed ## bring build/casebook.db up to date
	@$(BIN)/casebook build

.PHONY: test
test: $(VENV)/.installed-dev chromium lint ## all checks and tests, as CI runs them
	@$(BIN)/python -m pytest

.PHONY: site
site: build ## write build/site, a folder for the public: see docs/deploy.md
	@$(BIN)/casebook publish build/site $(if $(BASE_URL),--base-url $(BASE_URL))

.PHONY: image
image: site ## build a container image of it, with podman or docker (IMAGE=name)
	@scripts/make_image.sh build/site $(or $(IMAGE),casebook)

# --- for developers ------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/.installed-dev ## style, types, and which room may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: make format"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: test-alpha
test-alpha: $(VENV)/.installed-dev ## tests of the site with Datasette's newest alpha, in .venv-alpha (docs/datasette-1.0.md)
	@$(BIN)/python scripts/test_alpha.py $(TESTS)

.PHONY: format
format: $(VENV)/.installed-dev ## bring the code into the common form
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

.PHONY: evaluate
evaluate: $(VENV)/.installed ## precision and recall on the project's own reports (GOLD=folder: on others)
	@$(BIN)/casebook evaluate --gold $(or $(GOLD),tests/gold corpus/reports)

.PHONY: prescriptions
prescriptions: $(VENV)/.installed ## doses, fractions, targets and links in labelled prescriptions (PRESCRIPTIONS=folder)
	@$(BIN)/python scripts/score_prescriptions.py --check $(PRESCRIPTIONS)

.PHONY: measure
measure: $(VENV)/.installed ## F1 by field on gold, silver and invented reports (WRITE=1: into db/pages/measured.csv, for README and /quality)
	@$(BIN)/python scripts/measure.py $(if $(WRITE),--write)

.PHONY: calibrate
calibrate: $(VENV)/.installed ## fit how sure each value is, on the reports beside this folder (docs/certainty.md)
	@$(BIN)/python scripts/calibrate.py

.PHONY: bench
bench: $(VENV)/.installed ## words per second, beside spaCy's bare tokenizer; runs beside 10,000 reports (six minutes)
	@slow=0; $(BIN)/python scripts/bench.py --check || slow=1; $(BIN)/python scripts/bench_runs.py --check || slow=1; exit $$slow

.PHONY: bench-site
bench-site: $(VENV)/.installed ## each page on 200,000 made-up cases, beside plain Datasette (DATABASE=file: on another)
	@[ -n "$(DATABASE)" ] || [ -e build/big.db ] || $(BIN)/python scripts/big_database.py build/big.db
	@$(BIN)/python scripts/bench_site.py --check $(or $(DATABASE),build/big.db)

.PHONY: fuzz
fuzz: $(VENV)/.installed-dev ## feed each reader damaged files, led by coverage (FORMAT=xml, SECONDS_EACH=60; needs atheris)
	@$(BIN)/python scripts/fuzz.py $(if $(FORMAT),--format $(FORMAT)) $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH))

.PHONY: lexicons
lexicons: $(VENV)/.installed ## rebuild the generated vocabularies from their sources
	@$(BIN)/python scripts/build_lexicons.py

.PHONY: screenshots
screenshots: $(VENV)/.installed-dev chromium ## take the pictures of the pages into docs/
	@$(BIN)/python scripts/screenshots.py

.PHONY: clean
clean: ## remove what was installed and cached; the database in build/ stays
	@rm -rf $(VENV) .venv-alpha .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build/lib build/bdist.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the routines need ------------------------------------------------------------------------

# A stamp is newer than what it was made from, so that a second run installs nothing.
$(BIN)/python:
	@PYTHON="$(PYTHON)" scripts/make_venv.sh $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the tested versions into $(VENV) (a minute or two, once)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the tested versions and the test tools into $(VENV) (a minute or two, once)"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $(VENV)/.installed $@

.PHONY: chromium
chromium:
	@scripts/need.sh chromium chromium "the browser tests"
