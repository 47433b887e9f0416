# Fault injection: the programs again, linked with a shim that makes the N-th call of a kind fail, and a driver that
# tries every N. FAULTS_FLAGS="--quick": fewer of the many.

FAULTS := $(BUILD)/faults
FAULTS_SHIM := $(BUILD)/obj/tests/faults/shim.o
FAULTS_PROGRAMS := $(FAULTS)/exacheck $(METHODS:%=$(FAULTS)/libexec/worker-%) $(FAULTS)/libexec/exacheck-log \
	$(FAULTS)/libexec/exacheck-notify

$(FAULTS_SHIM): ALL_CFLAGS += -U_FORTIFY_SOURCE -fno-builtin -Wno-pedantic

$(FAULTS)/exacheck: $(BUILD)/obj/supervisor/main.o $(FAULTS_SHIM) $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

$(FAULTS)/libexec/worker-%: $(BUILD)/obj/workers/%.o $(FAULTS_SHIM) $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$*) $(LIBS_WORKER) $(LIBS_COMMON)

# As they are: what becomes of those that tell them something is the question.
$(FAULTS)/libexec/exacheck-%: $(BUILD)/libexec/exacheck-%
	@mkdir -p $(@D)
	@cp $< $@

.PHONY: faults faults-programs
faults-programs: $(FAULTS_PROGRAMS)
faults: test-deps
	@$(MAKE) --no-print-directory faults-programs
	$(PYTHON) tests/faults/faults.py --build $(abspath $(FAULTS)) $(FAULTS_FLAGS)
