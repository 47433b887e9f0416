# make valgrind: the unit tests under valgrind: memory errors, leaks, descriptors left open.
.PHONY: valgrind
valgrind: test-deps
	@$(MAKE) --no-print-directory all $(UNIT_TESTS)
	@$(PYTHON) tests/valgrind/run.py $(UNIT_TESTS)
