# Reloads, kills, restarts of ExaBGP, upgrades and ends, with real ExaBGP and BIRD; LIFECYCLE_SEED= plays a run again,
# LIFECYCLE_TESTS= names some of the tests.
LIFECYCLE_RELOADS ?= 1000
LIFECYCLE_KILLS ?= 200
LIFECYCLE_SEED ?=
LIFECYCLE_TESTS ?=

.PHONY: lifecycle
lifecycle: test-deps
	@$(MAKE) --no-print-directory all
	@EXACHECK_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/lifecycle/lifecycle.py --reloads $(LIFECYCLE_RELOADS) \
		--kills $(LIFECYCLE_KILLS) $(if $(LIFECYCLE_SEED),--seed $(LIFECYCLE_SEED)) $(LIFECYCLE_TESTS)
