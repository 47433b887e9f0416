# What importers read of INI files, as JSON, to be compared with what the libraries read that they stand in for.

$(BUILD)/import/dump: $(BUILD)/obj/tests/import/dump.o $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

e2e: $(BUILD)/import/dump

# allocations that fail when the test says so
$(BUILD)/unit/test_import_ini $(BUILD)/unit/test_healthcheck_source: LIBS_UNIT += \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup,--wrap=strndup \
	-Wl,--wrap=open_memstream
