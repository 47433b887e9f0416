# RPM packages: build/rpm/*.rpm, from the source of `dist` and nothing else. Where the names of build dependencies are
# another family's (Debian), they are not asked for, and stand-ins take the place of that family's macros.
RPM := $(BUILD)/rpm
RPM_STAND_IN = $(if $(findstring %,$(shell rpm --eval '%{_unitdir}')),--nodeps --load=packaging/rpm/macros.stand-in)
RPM_OPTIONS ?=

.PHONY: rpm
rpm: package-deps dist
	@grep -qx 'Version: *$(VERSION)' packaging/rpm/exacheck.spec || \
		{ echo "packaging/rpm/exacheck.spec is not of version $(VERSION)" >&2; exit 1; }
	@rm -rf $(RPM)
	@mkdir -p $(RPM)
	env -i PATH="$$PATH" HOME="$(abspath $(RPM))" LC_ALL=C.UTF-8 rpmbuild -ba $(RPM_STAND_IN) \
		--define '_topdir $(abspath $(RPM))/work' --define '_sourcedir $(abspath $(BUILD))' \
		--define '_rpmdir $(abspath $(RPM))' --define '_srcrpmdir $(abspath $(RPM))' \
		--define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' $(RPM_OPTIONS) packaging/rpm/exacheck.spec
	@rm -rf $(RPM)/work
	@ls $(RPM)/*.rpm

# rpmlint without a word, and the same files as in Debian's packages, which have to be there.
.PHONY: rpm-check
rpm-check: rpm deb
	@rpmlint --config packaging/rpm/rpmlint.toml $(RPM)/*.rpm packaging/rpm/exacheck.spec >$(RPM)/rpmlint.log || \
		{ cat $(RPM)/rpmlint.log >&2; exit 1; }
	@grep -q ' 0 errors, 0 warnings' $(RPM)/rpmlint.log || { cat $(RPM)/rpmlint.log >&2; exit 1; }
	@packaging/rpm/same-files $(RPM) $(DEB)
