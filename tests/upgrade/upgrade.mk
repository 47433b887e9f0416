# Programs to upgrade to: the same in another version, with another version of the state, with workers that speak
# another protocol. The objects that differ come before the libraries that have them.

UPGRADES := $(addprefix $(BUILD)/upgrade/,next state protocol)
UPGRADE_DEFINES_next := -UEXACHECK_VERSION -DEXACHECK_VERSION='"9.9.9"'
UPGRADE_DEFINES_state := -DSTATE_VERSION=99
UPGRADE_DEFINES_protocol := -DMESSAGE_PROTOCOL=99

$(BUILD)/obj/upgrade/next.o: supervisor/program_version.c
$(BUILD)/obj/upgrade/state.o $(BUILD)/obj/upgrade/protocol.o: supervisor/handover.c
$(UPGRADES:$(BUILD)/upgrade/%=$(BUILD)/obj/upgrade/%.o): $(BUILD)/obj/upgrade/%.o: Makefile tests/upgrade/upgrade.mk
	@mkdir -p $(@D)
	@$(SAY) "  CC   $@"; $(CC) $(ALL_CFLAGS) $(UPGRADE_DEFINES_$*) -MMD -MP -c -o $@ $(filter %.c,$^)

$(UPGRADES): $(BUILD)/upgrade/%: $(BUILD)/obj/upgrade/%.o $(BUILD)/obj/supervisor/main.o $(BUILD)/libsupervisor.a \
		$(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

.PHONY: upgrade-programs
upgrade-programs: $(UPGRADES)
e2e: $(UPGRADES)
