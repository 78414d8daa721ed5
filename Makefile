.DEFAULT_GOAL := help
PYTHON ?= python3
export PATH := $(CURDIR)/.tools/bin:$(PATH)
# CI, whose machines stall at times, gives a test that failed a second try, and lists those that needed one.
PYTEST = .venv/bin/pytest --numprocesses 2 --dist loadgroup $(if $(CI),--reruns 1 -r fER)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-13s %s\n", $$1, $$2}'

.PHONY: demo
demo: .venv/ready ## Render a project, train it, serve it and show a prediction
	@.venv/bin/python tools/demo.py

.PHONY: test
test: .venv/ready ## Run the tests but the slow ones; those of images where a Docker engine answers
	$(PYTEST) -m "not slow and not full"

.PHONY: test-slow
test-slow: .venv/ready ## Run the slow tests, which make test leaves out
	$(PYTEST) -m slow

.PHONY: test-all
test-all: test test-slow ## Run all tests, those of the full matrix of images too
	$(PYTEST) -m full

.PHONY: bench-images
bench-images: .venv/ready ## Measure speed and size of the images beside the classic stack's
	@.venv/bin/python benchmarks/images

.PHONY: bench-reading
bench-reading: .venv/ready ## Measure memory and time of reading a channel, in every format and mode
	@.venv/bin/python benchmarks/reading

.PHONY: bench-serve
bench-serve: .venv/ready ## Measure serving beside other stacks; ARGS="--help" lists what to choose
	@.venv/bin/python benchmarks/serving $(ARGS)

.PHONY: bench-copier
bench-copier: .venv/ready ## Measure a copy of the template and an update, beside other templates
	@.venv/bin/python benchmarks/copier

.PHONY: schema
schema: .venv/ready ## Write docs/answers.schema.json anew from the questions
	@.venv/bin/python tools/answers_schema.py

.PHONY: docs
docs: .venv/ready ## Build the documentation's site in both languages, strictly, into site/
	@tools/docs.sh

.PHONY: pictures
pictures: .venv/ready ## Make the README's pictures again: the questions in a terminal, the report in a browser
	@.venv/bin/python tools/picture_of_questions.py
	@.venv/bin/python tools/picture_of_report.py

.PHONY: lint
lint: .venv/ready ## Check the style of this repository's own Python code
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old; accepted: Python 3.11 or later, as python3 or in PYTHON" >&2; exit 2; }
	@command -v uv >/dev/null || { $(PYTHON) -m venv .tools/uv && .tools/uv/bin/pip install --quiet uv==0.13.8 && \
		mkdir -p .tools/bin && ln -sf ../uv/bin/uv .tools/bin/uv; }
	uv venv --quiet --clear --python $(PYTHON) .venv
	uv pip install --quiet --compile-bytecode --python .venv --group dev --group docs
	@touch $@
