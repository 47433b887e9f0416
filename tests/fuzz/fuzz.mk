# Fuzzing. A harness is a tests/fuzz/NAME.c with LLVMFuzzerTestOneInput and a corpus in tests/fuzz/corpus/NAME.
#
#   make fuzz            search for FUZZ_SECONDS with each harness (FUZZ="name name": with these), FUZZ_JOBS at once;
#                        needs clang
#   make fuzz-corpus     run the committed corpus once, under any CC and SANITIZE
#   make fuzz-merge      add to the corpus what searches found, as far as it reaches code that the corpus does not;
#                        not all of it is worth keeping
#
# A finding fails the search and is kept: $(FUZZ_BUILD)/search/NAME $(FUZZ_BUILD)/findings/FILE shows it again.

FUZZ_SRC := $(filter-out tests/fuzz/fuzz.c tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_HARNESSES := $(FUZZ_SRC:tests/fuzz/%.c=%)
FUZZ ?= $(FUZZ_HARNESSES)
FUZZ_SECONDS ?= 60
FUZZ_JOBS ?= 2
FUZZ_BUILD := $(BUILD)/fuzz
FUZZ_DATA := tests/fuzz/corpus

# One input that takes longer is a hang, for an instrumented build on a busy machine.
FUZZ_FLAGS = -timeout=25 -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len=$(FUZZ_LENGTH) \
	$(addprefix -dict=,$(wildcard tests/fuzz/$*.dict)) -artifact_prefix=$(FUZZ_BUILD)/findings/$*-
FUZZ_LENGTH = $(or $(FUZZ_LENGTH_$*),4096)
FUZZ_LENGTH_icmp_packet := 1024
FUZZ_LENGTH_ntp_packet := 128
FUZZ_LENGTH_pattern := 512

FUZZ_OBJ := $(BUILD)/obj/tests/fuzz/fuzz.o $(BUILD)/libsupervisor.a $(BUILD)/liblog.a $(BUILD)/libnotify.a \
	$(BUILD)/libhelper.a $(BUILD)/libworker.a $(BUILD)/libcommon.a
FUZZ_LIBS = $(LIBS_SUPERVISOR) $(LIBS_log) $(LIBS_notify) $(LIBS_WORKER) $(LIBS_COMMON)
$(BUILD)/replay/dns_answer $(BUILD)/search/dns_answer: FUZZ_LIBS += $(LIBS_dns)

$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(FUZZ_OBJ)
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(FUZZ_LIBS)

$(BUILD)/search/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_OBJ)
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"; $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(FUZZ_LIBS)

.PHONY: fuzz fuzz-build fuzz-corpus fuzz-merge
fuzz: test-deps
	@$(MAKE) --no-print-directory fuzz-build
	@$(MAKE) --no-print-directory -k -j$(FUZZ_JOBS) $(FUZZ:%=fuzz-search-%)

# A build of its own, instrumented throughout.
fuzz-build:
	@$(MAKE) --no-print-directory CC=clang BUILD=$(FUZZ_BUILD) OPTIMISE='-O1 -g' \
		SANITIZE=fuzzer-no-link,address,undefined,float-cast-overflow $(FUZZ:%=$(FUZZ_BUILD)/search/%)

fuzz-search-%:
	@mkdir -p $(FUZZ_BUILD)/found/$* $(FUZZ_BUILD)/findings
	@if $(FUZZ_BUILD)/search/$* $(FUZZ_FLAGS) -max_total_time=$(FUZZ_SECONDS) \
		$(FUZZ_BUILD)/found/$* $(FUZZ_DATA)/$* >$(FUZZ_BUILD)/findings/$*.log 2>&1; then \
		echo "fuzz $*: no finding, $$(tail -n 1 $(FUZZ_BUILD)/findings/$*.log)"; \
	else \
		grep -vE '^#[0-9]+' $(FUZZ_BUILD)/findings/$*.log | tail -n 80; echo "fuzz $*: A FINDING, see above"; exit 1; \
	fi

fuzz-merge: fuzz-build
	@$(MAKE) --no-print-directory -j$(FUZZ_JOBS) $(FUZZ:%=fuzz-merge-%)
fuzz-merge-%:
	$(FUZZ_BUILD)/search/$* $(FUZZ_FLAGS) -set_cover_merge=1 -use_counters=0 $(FUZZ_DATA)/$* $(FUZZ_BUILD)/found/$*

fuzz-corpus: $(FUZZ_HARNESSES:%=fuzz-replay-%)
fuzz-replay-%: $(BUILD)/replay/%
	@$< $(FUZZ_DATA)/$*/*

check: fuzz-corpus
