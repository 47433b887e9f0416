# The hostile double: a worker-METHOD that breaks the protocol as the check's name says.

HOSTILE_SRC := $(wildcard tests/hostile/*.c)

$(BUILD)/hostile/double: $(HOSTILE_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_COMMON)

e2e: $(BUILD)/hostile/double
