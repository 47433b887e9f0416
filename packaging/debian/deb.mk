# Debian packages: build/deb/*.deb, from the source of `dist` and nothing else. What the caller's make or environment
# says of compilers and flags stays outside: dpkg-buildflags decides.
DEB := $(BUILD)/deb
DEB_BUILD_OPTIONS ?= parallel=$(shell nproc)
DEB_ENVIRONMENT = env -i PATH="$$PATH" HOME="$$HOME" LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS='$(DEB_BUILD_OPTIONS)'

.PHONY: package-deps
package-deps:
	$(if $(NO_DEPS),,@packaging/install-deps package)

.PHONY: deb
deb: package-deps dist
	@expr "$$(head -n 1 packaging/debian/changelog)" : 'exacheck ($(VERSION)) ' >/dev/null || \
		{ echo "packaging/debian/changelog does not begin with version $(VERSION)" >&2; exit 1; }
	@rm -rf $(DEB)
	@mkdir -p $(DEB)
	@tar -xzf $(DIST) -C $(DEB)
	@cp -R $(DEB)/exacheck-$(VERSION)/packaging/debian $(DEB)/exacheck-$(VERSION)
	@$(SAY) "  DEB  $(DEB)"
	$(Q)cd $(DEB)/exacheck-$(VERSION) && $(DEB_ENVIRONMENT) dpkg-buildpackage --unsigned-source --unsigned-changes \
		>../build.log 2>&1 || { tail -n 50 ../build.log; exit 1; }
	@ls $(DEB)/*.deb
