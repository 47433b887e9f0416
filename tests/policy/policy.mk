# The policy in virtual time: random configurations and events against a model of their own, and a day of many checks.
# POLICY_SEED= and POLICY_EVENTS= for others than these.
POLICY_SEED ?= 1
POLICY_EVENTS ?= 1000000

POLICY_LIBRARIES := $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a

$(BUILD)/policy/policy: $(addprefix $(BUILD)/obj/tests/policy/,policy.o life.o model.o spec.o) $(POLICY_LIBRARIES)
$(BUILD)/policy/day: $(BUILD)/obj/tests/policy/day.o $(BUILD)/obj/tests/policy/spec.o $(POLICY_LIBRARIES)
$(BUILD)/policy/%:
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

.PHONY: policy
policy: $(BUILD)/policy/policy
	@$(BUILD)/policy/policy $(POLICY_SEED) $(POLICY_EVENTS)
