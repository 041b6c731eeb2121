# make studio: set up and open the studio on the sample.  make test: set up and run the tests.
VENV := .venv/bin
ifeq ($(OS),Windows_NT)
VENV := .venv/Scripts
endif

.PHONY: studio test check bench clean
studio: .venv/ready
	sh tools/studio.sh $(VENV)

test: .venv/ready
	$(VENV)/python -m pytest

check: .venv/ready
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

bench: .venv/ready
	$(VENV)/avatar-studio bench render

.venv/ready: pyproject.toml constraints.txt tools/setup.sh
	sh tools/setup.sh

clean:
	rm -rf .venv out build *.egg-info
