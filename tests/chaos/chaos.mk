# Random signals to workers and spawners while services flap; CHAOS_SEED= plays a run again, as far as it can be;
# CHAOS_LOG= names a file for everything that was seen.
CHAOS_SECONDS ?= 120
CHAOS_CHECKS ?= 200
CHAOS_SEED ?=
CHAOS_LOG ?=

.PHONY: chaos
chaos: test-deps
	@$(MAKE) --no-print-directory all
	@EXACHECK_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/chaos/chaos.py --seconds $(CHAOS_SECONDS) \
		--checks $(CHAOS_CHECKS) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED)) $(if $(CHAOS_LOG),--log $(CHAOS_LOG))
