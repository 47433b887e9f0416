# What exacheck makes of command lines of ExaBGP's healthcheck, for tests/e2e/test_import_healthcheck.py.

$(BUILD)/healthcheck/options: $(BUILD)/obj/tests/healthcheck/options.o $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

e2e: $(BUILD)/healthcheck/options
