# Two commands for newcomers: `make quickstart` and `make test`. BUILD.md has the plain ones.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
DOCS_INSTALLED := $(VENV)/.installed-docs
# Training needs none of what the tests need; where that is there already, it will do.
CORE_INSTALLED := $(if $(wildcard $(INSTALLED)),$(INSTALLED),$(VENV)/.installed-core)
# Tests spend most of their time tracing graphs, and that takes one core: two processes are faster.
TEST_JOBS ?= 2
# What is installed: with the extra addons, the TensorFlow that tensorflow-addons needs.
EXTRAS ?= test
ADDONS_PYTHON ?= python3.11
ADDONS_VENV ?= .venv-addons
WITH_ADDONS = STARGAN_TF_OTHER_PYTHON=$(abspath $(RUN)) $(MAKE) --no-print-directory \
  VENV=$(ADDONS_VENV) PYTHON=$(ADDONS_PYTHON) EXTRAS=addons,test
PYTEST := $(RUN) -m pytest -q -n $(TEST_JOBS)
# The tests of a file share what they traced, so they stay in one process. The files keep their
# order: by the number of their tests, some long ones of few tests would come last.
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: addons-python docs quickstart quickstart-v2 pretrained test test-slow test-both-versions test-addons \
  test-addons-all test-slow-addons lint clean

quickstart: $(CORE_INSTALLED)  ## Train on drawn faces, then measure: under 15 minutes on 2 CPU cores.
	$(RUN) -m stargan_tf.train --flagfile=configs/quickstart.flags
	$(RUN) -m stargan_tf.evaluate --run=runs/quickstart

quickstart-v2: $(CORE_INSTALLED)  ## The same with StarGAN v2: 27 minutes on one core.
	$(RUN) -m stargan_tf.train --flagfile=configs/quickstart_v2.flags
	$(RUN) -m stargan_tf.evaluate --run=runs/quickstart_v2

# The runs that come with the package: float16, without what only training needs. Others than
# those of `make quickstart`: make pretrained V1_RUN=... V2_RUN=...
V1_RUN ?= runs/quickstart
V2_RUN ?= runs/quickstart_v2
PUBLISH := $(RUN) -m export.hub --weights=float16 --networks=translating

pretrained: $(INSTALLED)  ## Write stargan_tf/pretrained from trained runs of both quickstarts.
	$(RUN) -m stargan_tf.evaluate --run=$(V1_RUN) --metrics=default,classification
	$(RUN) -m stargan_tf.evaluate --run=$(V2_RUN) --metrics=default,classification
	rm -rf stargan_tf/pretrained/cartoon_faces_v1 stargan_tf/pretrained/cartoon_faces_v2
	$(PUBLISH) --run=$(V1_RUN) --pictures=targets --address=cartoon_faces_v1 \
	  --output=stargan_tf/pretrained/cartoon_faces_v1
	$(PUBLISH) --run=$(V2_RUN) --pictures=references --address=cartoon_faces_v2 \
	  --output=stargan_tf/pretrained/cartoon_faces_v2

test: $(INSTALLED) lint  ## The linter and every test that is not slow: about 10 minutes on 2 cores.
	$(PYTEST) $(BY_FILE) -m "not slow"

# In two turns: processes grow with every graph that they compile.
test-slow: $(INSTALLED)  ## The slow tests: killed and continued trainings.
	$(PYTEST) --dist worksteal -m slow tests/conformance_test.py
	$(PYTEST) --dist worksteal -m slow --ignore=tests/conformance_test.py

test-both-versions: $(INSTALLED)  ## The tests that are not slow and that a TensorFlow may change.
	$(PYTEST) $(BY_FILE) -m "both_versions and not slow"

test-addons: addons-python $(INSTALLED)  ## Those with TensorFlow 2.15 and tensorflow-addons.
	+$(WITH_ADDONS) test-both-versions

test-addons-all: addons-python $(INSTALLED)  ## Every test of `make test` there.
	+$(WITH_ADDONS) test

test-slow-addons: addons-python $(INSTALLED)  ## The slow tests there.
	+$(WITH_ADDONS) test-slow

docs: $(DOCS_INSTALLED)  ## The documentation as a site, in build/docs: under a minute. Warnings are errors.
	$(RUN) -m sphinx -c docs -b html -q -W . build/docs

addons-python:
	@command -v $(ADDONS_PYTHON) >/dev/null || { echo "error: tensorflow-addons needs Python 3.11;" \
	  "there is no $(ADDONS_PYTHON); pass another: make test-addons ADDONS_PYTHON=..."; exit 1; }
	@$(ADDONS_PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(0 if v[:2] == (3, 11) else "error: tensorflow-addons needs Python 3.11; received " \
	  "%d.%d; pass another: make test-addons ADDONS_PYTHON=..." % v[:2])'

lint: $(INSTALLED)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

# Made again when what it installs changes. Python is checked first, for a clear message.
$(VENV)/.installed-core: WHAT := .
$(INSTALLED): WHAT := .[$(EXTRAS)]
$(INSTALLED) $(VENV)/.installed-core: setup.py
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(0 if (3, 11) <= v < (3, 14) else "error: Python 3.11, 3.12 or 3.13 is needed; " \
	  "received %d.%d; pass another, such as: make PYTHON=python3.12" % v[:2])'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -e "$(WHAT)"
	touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) $(ADDONS_VENV) build *.egg-info
