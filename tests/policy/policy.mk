# The policy in virtual time: random configurations under random events against a model of their own, and a day of many
# checks, the same twice. POLICY_SEED= and POLICY_EVENTS= for others than these.
POLICY_SEED ?= 1
POLICY_EVENTS ?= $(if $(SANITIZE),50000,1000000)
POLICY_CHECKS ?= 1000
POLICY_HOURS ?= $(if $(SANITIZE),1,24)

POLICY_LIBRARIES := $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a
POLICY_DAY = $(BUILD)/policy/day $(1) $(POLICY_CHECKS) $(POLICY_HOURS) >$(BUILD)/policy/$(2)

POLICY_PROPERTY := policy.o life.o upgrade.o model.o model_routes.o spec.o
$(BUILD)/policy/policy: $(addprefix $(BUILD)/obj/tests/policy/,$(POLICY_PROPERTY)) $(POLICY_LIBRARIES)
$(BUILD)/policy/day: $(addprefix $(BUILD)/obj/tests/policy/,day.o spec.o) $(POLICY_LIBRARIES)
$(BUILD)/policy/policy $(BUILD)/policy/day:
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

.PHONY: policy policy-property policy-day
policy: policy-property policy-day
policy-property: $(BUILD)/policy/policy
	@$< $(POLICY_SEED) $(POLICY_EVENTS)
policy-day: $(BUILD)/policy/day
	@$(call POLICY_DAY,$(POLICY_SEED),day.first)
	@$(call POLICY_DAY,$(POLICY_SEED),day.second) && cmp $(BUILD)/policy/day.first $(BUILD)/policy/day.second
	@$(call POLICY_DAY,$(POLICY_SEED)1,day.other) && ! cmp -s $(BUILD)/policy/day.first $(BUILD)/policy/day.other

check: policy
