# exacheck beside ExaBGP's own healthcheck, and beside another program with PEER=NAME=COMMAND.
.PHONY: compare
compare: test-deps
	@$(MAKE) --no-print-directory all $(BENCH_HELPERS)
	@$(PYTHON) tests/bench/compare.py --build $(BUILD) $(if $(PEER),--peer '$(PEER)') $(COMPARE_FLAGS)
