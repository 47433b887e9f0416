# Workers that try to get out (tests/e2e/test_sandbox.py): the real ones but for what an execution does.
ESCAPE_WORKERS := $(METHODS:%=$(BUILD)/escape/libexec/worker-%)

$(METHODS:%=$(BUILD)/obj/tests/sandbox/real/%.o): $(BUILD)/obj/tests/sandbox/real/%.o: workers/%.c Makefile
	@mkdir -p $(@D)
	@$(SAY) "  CC   $< (for the attempts)"; $(CC) $(ALL_CFLAGS) -Dworker_method=real_worker_method -MMD -MP -c -o $@ $<

$(METHODS:%=$(BUILD)/obj/tests/sandbox/escape-%.o): $(BUILD)/obj/tests/sandbox/escape-%.o: \
		tests/sandbox/escape.c Makefile
	@mkdir -p $(@D)
	@$(SAY) "  CC   $< ($*)"; $(CC) $(ALL_CFLAGS) -DESCAPE_METHOD=method_$* -MMD -MP -c -o $@ $<

$(ESCAPE_WORKERS): $(BUILD)/escape/libexec/worker-%: \
		$(BUILD)/obj/tests/sandbox/escape-%.o $(BUILD)/obj/tests/sandbox/real/%.o \
		$(BUILD)/obj/tests/sandbox/attempts.o $(BUILD)/obj/tests/sandbox/attempts_network.o \
		$(BUILD)/libworker.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$*) $(LIBS_WORKER) $(LIBS_COMMON)

# A kernel without a mechanism, made by a filter around exacheck.
$(BUILD)/escape/without: $(BUILD)/obj/tests/sandbox/without.o
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call libs,libseccomp)

.PHONY: escape
escape: $(ESCAPE_WORKERS) $(BUILD)/escape/without
e2e: escape

# `make e2e SANDBOX=strict`: the tests of what workers do, at another level of the sandbox.
SANDBOX ?=
ifneq ($(SANDBOX),)
e2e: export EXACHECK_TEST_SANDBOX := $(SANDBOX)
endif
