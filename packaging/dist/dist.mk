# The source as packages are built from it: build/exacheck-VERSION.tar.gz, the files that git knows as they lie here
# (or, where this is such a source unpacked, all that were not built). The same files give the same bytes.
DIST := $(BUILD)/exacheck-$(VERSION).tar.gz
DIST_GIT := git -c safe.directory='*'

.PHONY: dist
dist: $(DIST)

.PHONY: $(DIST)
$(DIST):
	@mkdir -p $(@D)
	@set -e; \
	epoch="$${SOURCE_DATE_EPOCH:-}"; \
	if [ -e .git ]; then \
		$(DIST_GIT) ls-files -z >$@.found; \
		[ -n "$$epoch" ] || epoch=$$($(DIST_GIT) log -1 --format=%ct); \
	else \
		find . '(' -path './build*' -o -name __pycache__ -o -name .pytest_cache ')' -prune -o \
			'(' -type f -o -type l ')' -printf '%P\0' >$@.found; \
		[ -n "$$epoch" ] || epoch=$$(stat -c %Y Makefile); \
	fi; \
	LC_ALL=C sort -z $@.found >$@.files; \
	tar --create --format=gnu --null --files-from=$@.files --mtime="@$$epoch" --owner=0 --group=0 \
		--numeric-owner --mode=u+rwX,go+rX,go-w --transform='s,^,exacheck-$(VERSION)/,S' --file=$@.tar; \
	gzip -9nc $@.tar >$@.new; \
	rm -f $@.found $@.files $@.tar; \
	mv $@.new $@
	@$(SAY) "  DIST $@"
