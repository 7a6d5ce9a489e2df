# make run     sets everything up in .venv, then opens the demo clips; MUSIC=~/Music opens your own folder
# make test    sets up the test tools too, and runs every test on two processes (WORKERS=0: on none but this);
#              FAST=1 leaves out the long ones, ARGS="-k store" goes to pytest
# make endurance   the tests that take minutes: kills, soaking, servers
# make check   style, types, and who may import whom
# make setup   only the set-up; TORCH_INDEX=address chooses another build of torch (see README)
# make clean   takes away what these made
#
# PYTHON=/path/to/python says which to use: 3.11, 3.12 or 3.13. Else the newest of them that is there is taken.

MUSIC ?=
PYTHON ?=
TORCH_INDEX ?=
FAST ?=
ARGS ?=
WORKERS ?= 2

BIN := .venv/bin
# A process that crashes ends the run: replaced, pytest-xdist 3.8 may wait for ever for work that is done.
SPREAD := -n $(WORKERS) --dist loadgroup --max-worker-restart 0
LESS := -m "not endurance$(if $(filter-out 0,$(FAST)), and not long)"

# Handed over by the environment and unexpanded: a folder may have spaces, quotes and dollar signs in its name.
export J2A_MAKE_MUSIC := $(value MUSIC)
export J2A_MAKE_PYTHON := $(value PYTHON)
export J2A_MAKE_TORCH_INDEX := $(value TORCH_INDEX)

.PHONY: run setup setup-dev test endurance check clean

run: setup
	@folder=$$J2A_MAKE_MUSIC; case $$folder in "~" | "~/"*) folder=$$HOME$${folder#"~"};; "") exec $(BIN)/j2a-tui --demo;; esac; exec $(BIN)/j2a-tui "$$folder"

setup:
	@sh scripts/setup.sh

setup-dev:
	@sh scripts/setup.sh dev

test: setup-dev
	$(BIN)/python -m pytest $(SPREAD) $(LESS) $(ARGS)

endurance: setup-dev
	$(BIN)/python -m pytest $(SPREAD) -m endurance $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
