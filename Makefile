# `make help` lists the targets. Each of them sets up what it needs in .venv, once.

PROFILE ?= quick
# A .venv that was set up for CUDA stays so, until CUDA= says otherwise.
CUDA ?= $(if $(wildcard .venv/requirements-cuda.txt.installed),1)
# The interpreter that .venv is made from; by default the first of these that is 3.11 to 3.13 and runs.
PYTHON ?= $(firstword $(foreach name,python3.12 python3.13 python3.11 python3 python,$(if $(call suits,$(name)),$(name))))
suits = $(shell $(1) -c 'import sys; print("yes" if (3, 11) <= sys.version_info[:2] <= (3, 13) else "")' 2>/dev/null)

BIN := .venv/bin
EXTRAS := --extra control --extra chapters --extra book --extra cluster --extra test --extra browser --extra build
LOCK := $(if $(CUDA),requirements-cuda.txt,requirements.txt)
LOCKED := .venv/$(LOCK).installed
READY := .venv/ready
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install -qq --no-compile) \
	--no-deps --no-build-isolation

# A notebook's kernel is that of .venv, whatever kernels its reader has installed elsewhere.
export JUPYTER_PREFER_ENV_PATH := 1
# Without compiled modules, which many containers ask for, every chapter and test compiles its imports anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup book pdf test test-long browser figures regenerate new-experiment new-chapter guards release lock format clean
.DELETE_ON_ERROR:

help: ## List the targets and the settings.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'PROFILE=smoke|quick|paper  how much the book computes (now $(PROFILE))'
	@echo 'CUDA=1                     set up for NVIDIA GPUs'
	@echo 'PYTHON=python3.11          the interpreter to set up with, 3.11 to 3.13'

setup: $(READY) ## Install everything, as locked, into .venv; the other targets do this first.

book: $(READY) ## Execute the chapters that have changed and render the book into _build/html.
	$(BIN)/hetsnn book --profile $(PROFILE)

pdf: $(READY) ## The same, and the book as a PDF beside its front page, printed by Chromium.
	$(BIN)/hetsnn book --profile $(PROFILE) --pdf

test: $(READY) ## Check style, types and workflows, then run the tests.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --persona pedantic .github
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-long: $(READY) ## Run the tests that take long.
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m long

browser: $(READY) ## Check the built book in Chromium: playgrounds, links, keys, widths, themes, search.
	$(BIN)/python -m pytest --numprocesses 2 --confcutdir tests/browser tests/browser

figures: $(READY) ## Compare every figure's data at paper with the pinned table; ACCEPT=1 pins what they are now.
	$(BIN)/hetsnn figures $(if $(ACCEPT),--accept) $(addprefix --chapter=,$(CHAPTER))

regenerate: $(READY) ## Recompute the experiments of CHAPTER=memory, execute it on them, compare with what is published.
	$(BIN)/hetsnn regenerate '$(CHAPTER)' --profile $(if $(filter file,$(origin PROFILE)),paper,$(PROFILE)) \
		$(if $(TIME),--time-limit $(TIME)) $(if $(ONLY),--only '$(ONLY)')

new-experiment: $(READY) ## Write a working experiment and its test, as NAME=memory_gaps.
	@$(BIN)/hetsnn new experiment '$(NAME)'

new-chapter: $(READY) ## Write a working chapter, its figures and tests, as NAME=memory_gaps.
	@$(BIN)/hetsnn new chapter '$(NAME)'

guards: $(READY) ## Publish what the tests recompute of new experiments, and pin their identities.
	$(BIN)/python tests/guards.py

# uv keeps the pins that still suit; UPGRADE=--upgrade takes the newest of everything.
compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-header $(UPGRADE) $(EXTRAS) pyproject.toml --output-file

release: $(READY) ## Check and build a release into dist/; STEP=check, packages, try, book, results or sums for a part.
	$(BIN)/python scripts/release.py $(STEP)

lock: $(READY) ## Write the lock files from pyproject.toml; UPGRADE=--upgrade for newer versions.
	$(compile) requirements.txt
	$(compile) requirements-cuda.txt --extra cuda --constraints requirements.txt

format: $(READY) ## Put the code into the house's style.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what was built: .venv, _build and caches.
	rm -rf .venv _build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, inside .venv, and a new .venv has none: what was interrupted is done again.
$(LOCKED): $(LOCK)
	@test -n "$(call suits,$(PYTHON))" || \
	{ echo "hetsnn needs Python 3.11, 3.12 or 3.13: install one of them, or name it by 'make PYTHON=...'." >&2; exit 2; }
	@echo "Setting up .venv from $(LOCK), once: about $(if $(UV),half a minute,two minutes) and $(if $(CUDA),5,1.5) GB."
	@rm -rf .venv
	@interpreter=$$($(PYTHON) -c 'import sys; print(sys.executable)') && \
	$(if $(UV),$(UV) venv --quiet --no-project --python "$$interpreter" .venv,"$$interpreter" -m venv .venv)
	@awk '/^(setuptools|wheel)==/, !/\\$$/' $(LOCK) > .venv/build.txt
	@$(INSTALL) --require-hashes -r .venv/build.txt
	@$(INSTALL) --require-hashes -r $(LOCK)
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(INSTALL) --editable .
	@touch $@
