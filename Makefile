# exacheck: BGP anycast health checker for ExaBGP.
#
#   make            build into build/                make run    build and run on configuration.yaml
#   make test       every test                       make demo   a route appearing and leaving in BIRD
#   make policy     random events and a whole day of checks, in virtual time, against a model
#   make valgrind   the unit tests under valgrind    make fuzz   each harness for FUZZ_SECONDS
#   make faults     the N-th call fails, for all N   make chaos  signals at random for CHAOS_SECONDS
#   make lifecycle  reloads, kills, restarts, upgrades against BIRD
#   make bench      figures beside the machine's floor   make compare  figures beside other programs'
#   make install    DESTDIR= PREFIX=/usr/local           make dist   the source as one archive
#   make deb        Debian packages, in build/deb    make rpm    RPM packages, in build/rpm
#   make rpm-check  rpmlint, and the files of both   make container  an image with ExaBGP (CONTAINER_ENGINE=podman)
#
# `run`, `test`, `demo`, `bench` and `compare` install the packages they need first (NO_DEPS=1: they do not).
# CC=clang BUILD=build-clang builds beside the other; make test SANITIZE=address,undefined has a directory of its own.

VERSION := 0.1.0
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/exacheck
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/exacheck
DATADIR ?= $(PREFIX)/share/exacheck
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions

CC ?= cc
SANITIZE ?=
comma := ,
BUILD ?= $(if $(SANITIZE),build-$(notdir $(CC))-$(subst $(comma),-,$(SANITIZE)),build)
# make -s is silent; make V=1 shows the commands themselves
SAY := $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)
Q := $(if $(V),,@)
PYTHON := /usr/bin/python3
PKG_CONFIG ?= pkg-config
OPTIMISE ?= $(if $(SANITIZE),-O1,-O2) -g

# The programs of workers: the methods, and tls for tcp checks inside TLS.
METHODS := dns file http icmp ntp shell tcp tls

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough
# -Werror is for developers and CI (make WERROR=-Werror): a newer compiler must not stop a build
WERROR ?=
HARDENING := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE -fstack-clash-protection -fno-common
LINK_HARDENING := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed
# A finding ends the process, and workers keep standard error so that it can be read.
ifneq ($(SANITIZE),)
HARDENING := -fPIE -fno-common -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-DEXACHECK_SANITIZED
LINK_HARDENING := -pie -fsanitize=$(SANITIZE)
# the sanitizers' settings, in every program; a search by libFuzzer has its own
ifeq ($(findstring fuzzer,$(SANITIZE)),)
SANITIZE_OBJ := $(BUILD)/obj/tests/sanitize/options.o
endif
endif

ALL_CFLAGS := $(CPPFLAGS) -std=gnu17 $(OPTIMISE) $(WARNINGS) $(WERROR) $(HARDENING) -D_GNU_SOURCE \
	-DEXACHECK_VERSION='"$(VERSION)"' -DEXACHECK_LIBEXECDIR='"$(LIBEXECDIR)"' \
	-DEXACHECK_SBINDIR='"$(SBINDIR)"' $(CFLAGS)
ALL_LDFLAGS := $(LINK_HARDENING) $(SANITIZE_OBJ) $(LDFLAGS)

# Expanded when used, so that `make deps` works before the libraries are there.
libs = $(shell $(PKG_CONFIG) --libs $(1))

COMMON_SRC := $(wildcard common/*.c common/methods/*.c)
SUPERVISOR_SRC := $(filter-out supervisor/main.c,$(wildcard supervisor/*.c supervisor/import/*.c))
CTL_SRC := $(filter-out supervisor/ctl/main.c,$(wildcard supervisor/ctl/*.c))
WEB_SRC := $(filter-out supervisor/web/main.c,$(wildcard supervisor/web/*.c))
HELPER_SRC := $(wildcard supervisor/helpers/*.c)
ADDRESS_SRC := $(filter-out supervisor/address/main.c,$(wildcard supervisor/address/*.c))
LOG_SRC := $(filter-out supervisor/log/main.c,$(wildcard supervisor/log/*.c))
NOTIFY_SRC := $(filter-out supervisor/notify/main.c,$(wildcard supervisor/notify/*.c))
WORKER_SRC := $(filter-out $(METHODS:%=workers/%.c),$(wildcard workers/*.c))

COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/obj/%.o)
SUPERVISOR_OBJ := $(SUPERVISOR_SRC:%.c=$(BUILD)/obj/%.o)
CTL_OBJ := $(CTL_SRC:%.c=$(BUILD)/obj/%.o)
WEB_OBJ := $(WEB_SRC:%.c=$(BUILD)/obj/%.o)
HELPER_OBJ := $(HELPER_SRC:%.c=$(BUILD)/obj/%.o)
ADDRESS_OBJ := $(ADDRESS_SRC:%.c=$(BUILD)/obj/%.o)
LOG_OBJ := $(LOG_SRC:%.c=$(BUILD)/obj/%.o)
NOTIFY_OBJ := $(NOTIFY_SRC:%.c=$(BUILD)/obj/%.o)
WORKER_OBJ := $(WORKER_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_TESTS := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

LIBS_COMMON = $(call libs,libpcre2-8 libseccomp) -lm
LIBS_SUPERVISOR = $(call libs,yaml-0.1 libevent_core libbsd-overlay jansson zlib)
LIBS_CTL = $(call libs,jansson libbsd-overlay ncursesw)
LIBS_HELPER = $(call libs,jansson libbsd-overlay libcap-ng libevent_core)
LIBS_web = $(LIBS_HELPER) $(call libs,libevent_extra)
LIBS_address = $(LIBS_HELPER)
LIBS_log = $(LIBS_HELPER) $(call libs,zlib)
LIBS_notify = $(LIBS_HELPER) $(call libs,libcurl openssl)
LIBS_WORKER = $(call libs,libbsd-overlay libcap-ng)
LIBS_dns = $(call libs,ldns)
LIBS_http = $(call libs,libcurl openssl)
LIBS_tls = $(call libs,openssl)
LIBS_UNIT = $(call libs,check)

WORKERS := $(METHODS:%=$(BUILD)/libexec/worker-%)
HELPERS := $(addprefix $(BUILD)/libexec/exacheck-,address log notify web)

.PHONY: all
all: $(BUILD)/exacheck $(BUILD)/exacheck-ctl $(HELPERS) $(WORKERS)

$(BUILD)/libcommon.a: $(COMMON_OBJ)
$(BUILD)/libsupervisor.a: $(SUPERVISOR_OBJ)
$(BUILD)/libctl.a: $(CTL_OBJ)
$(BUILD)/libweb.a: $(WEB_OBJ)
$(BUILD)/libaddress.a: $(ADDRESS_OBJ)
$(BUILD)/liblog.a: $(LOG_OBJ)
$(BUILD)/libnotify.a: $(NOTIFY_OBJ)
$(BUILD)/libhelper.a: $(HELPER_OBJ)
$(BUILD)/libworker.a: $(WORKER_OBJ)
$(BUILD)/lib%.a:
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/exacheck: $(BUILD)/obj/supervisor/main.o $(BUILD)/libsupervisor.a $(BUILD)/libcommon.a
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_COMMON)

$(BUILD)/exacheck-ctl: $(BUILD)/obj/supervisor/ctl/main.o $(BUILD)/libctl.a $(BUILD)/libcommon.a
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_CTL) $(LIBS_COMMON)

$(BUILD)/libexec/exacheck-%: $(BUILD)/obj/supervisor/%/main.o $(BUILD)/lib%.a $(BUILD)/libhelper.a \
		$(BUILD)/libworker.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$*) $(LIBS_COMMON)

$(BUILD)/libexec/worker-%: $(BUILD)/obj/workers/%.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$*) $(LIBS_WORKER) $(LIBS_COMMON)

$(BUILD)/unit/test_dns_answer: LIBS_UNIT += $(LIBS_dns)
$(BUILD)/unit/test_tls_memory $(BUILD)/unit/test_tls_material: LIBS_UNIT += $(LIBS_tls)
# allocations that fail when the test says so
$(BUILD)/unit/test_route $(BUILD)/unit/test_checks $(BUILD)/unit/test_config_group $(BUILD)/unit/test_config_notify \
		$(BUILD)/unit/test_overrides $(BUILD)/unit/test_control_override $(BUILD)/unit/test_control_client \
		$(BUILD)/unit/test_notify_memory: \
	LIBS_UNIT += -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray,--wrap=strdup
$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libsupervisor.a $(BUILD)/libctl.a $(BUILD)/libweb.a \
		$(BUILD)/libaddress.a $(BUILD)/liblog.a $(BUILD)/libnotify.a $(BUILD)/libhelper.a $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_SUPERVISOR) $(LIBS_CTL) $(LIBS_web) $(LIBS_log) $(LIBS_notify) \
		$(LIBS_WORKER) $(LIBS_COMMON) $(LIBS_UNIT)

$(BUILD)/obj/%.o: %.c Makefile | $(SANITIZE_OBJ)
	@mkdir -p $(@D)
	@$(SAY) "  CC   $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# taken in by the assembler, of which the compiler's list of dependencies says nothing
$(BUILD)/obj/supervisor/web/page.o: $(wildcard supervisor/web/page/*)

# Packages, in a sub-make of their own: pkg-config can answer only once they are there.
.PHONY: deps test-deps
deps:
	$(if $(NO_DEPS),,@packaging/install-deps build)
test-deps:
	$(if $(NO_DEPS),,@packaging/install-deps test)

.PHONY: run
run: deps
	@$(MAKE) --no-print-directory all
	$(BUILD)/exacheck run -f configuration.yaml

.PHONY: test
test: test-deps
	@$(MAKE) --no-print-directory check

.PHONY: check unit e2e
check: unit e2e
unit: all $(UNIT_TESTS)
	@printf '%s\n' $(UNIT_TESTS) | CK_EXCLUDE_TAGS='$(if $(findstring address,$(SANITIZE)),c-heap)' \
		xargs -n 1 -P $(TEST_JOBS) sh -c 'text=$$("$$0" 2>&1) && echo "$$text" || { echo "$$text"; exit 255; }'
# Tests mostly wait: several at once, of the end-to-end ones where pytest-xdist is there.
TEST_JOBS ?= $(shell expr 4 '*' $$(nproc))
PYTEST_FLAGS ?= $(shell $(PYTHON) -c 'import xdist' 2>/dev/null && echo --numprocesses=$(TEST_JOBS))
E2E_FLAGS ?=
e2e: all
	EXACHECK_BUILD=$(abspath $(BUILD)) tests/e2e/run $(PYTHON) $(PYTEST_FLAGS) $(E2E_FLAGS)

.PHONY: demo
demo: test-deps
	@$(MAKE) --no-print-directory all
	EXACHECK_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/demo/demo.py

# One list for every package. What depends on the machine is left to the packages when DESTDIR is given: the capability
# of worker-icmp, the user, the runtime directory.
# What names a place names the one where it is: who copies an example would have ExaBGP run a program that is not there.
PLACED = sed -e 's|/usr/sbin/exacheck|$(SBINDIR)/exacheck|' -e 's|/usr/share/doc/exacheck|$(DOCDIR)|'
.PHONY: install
install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBEXECDIR)
	install -m 755 $(BUILD)/exacheck-ctl $(DESTDIR)$(SBINDIR)
	# beside its workers: the directory is what exacheck may execute programs of, see confine.c
	install -m 755 $(WORKERS) $(HELPERS) $(BUILD)/exacheck $(DESTDIR)$(LIBEXECDIR)
	ln -srf $(DESTDIR)$(LIBEXECDIR)/exacheck $(DESTDIR)$(SBINDIR)/exacheck
	for page in man/*.[578]; do \
		$(PLACED) $$page | install -D -m 644 /dev/stdin $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit; \
	done
	install -D -m 644 -t $(DESTDIR)$(DOCDIR)/examples packaging/examples/*.yaml
	cd packaging && for file in $$(find exabgp systemd -type f ! -name '*.mk' ! -name exacheck.service); do \
		$(PLACED) $$file | install -D -m 644 /dev/stdin $(abspath $(DESTDIR)/$(DOCDIR))/examples/$$file || exit; \
	done
	install -D -m 755 -t $(DESTDIR)$(DATADIR) packaging/upgrade-running
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/prometheus packaging/prometheus/*.yml
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/grafana packaging/grafana/*.json
	install -D -m 644 packaging/completion/exacheck-ctl.bash $(DESTDIR)$(BASHDIR)/exacheck-ctl
	install -D -m 644 -t $(DESTDIR)$(ZSHDIR) packaging/completion/_exacheck-ctl
	install -d $(DESTDIR)$(UNITDIR)
	$(PLACED) packaging/systemd/exacheck.service | install -m 644 /dev/stdin $(DESTDIR)$(UNITDIR)/exacheck.service
	install -D -m 644 -t $(DESTDIR)$(SYSUSERSDIR) packaging/sysusers.d/exacheck.conf
	install -D -m 644 -t $(DESTDIR)$(TMPFILESDIR) packaging/tmpfiles.d/exacheck.conf
	# what is configured already stays
	test -e $(DESTDIR)$(SYSCONFDIR)/exabgp/exacheck.yaml || $(PLACED) packaging/exacheck.yaml | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(SYSCONFDIR)/exabgp/exacheck.yaml
	$(if $(DESTDIR),,-setcap cap_net_raw+ep $(LIBEXECDIR)/worker-icmp)

# What the manuals have from the program: tables, and the types and defaults of keys.
.PHONY: man
man: all
	$(PYTHON) man/generate $(BUILD)/exacheck

.SECONDARY:
.PHONY: clean
clean:
	rm -rf $(BUILD)

# The benchmark: figures beside the machine's own floor, and beside another program's with PEER=NAME=COMMAND.
BENCH_HELPERS := $(addprefix $(BUILD)/bench/,bare sink tls)
BENCH_CHECKS ?= 1000
BENCH_SECONDS ?= 20

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/tests/bench/helper.o $(BUILD)/obj/common/monotime.o
	@mkdir -p $(@D)
	@$(SAY) "  LINK $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call libs,openssl)

.PHONY: bench
bench: test-deps
	@$(MAKE) --no-print-directory all $(BENCH_HELPERS)
	@$(PYTHON) tests/bench/bench.py --build $(BUILD) --checks $(BENCH_CHECKS) --seconds $(BENCH_SECONDS) \
		$(if $(PEER),--peer '$(PEER)') $(BENCH_FLAGS)

# What each kind of test adds.
include $(wildcard tests/*/*.mk packaging/*/*.mk)
