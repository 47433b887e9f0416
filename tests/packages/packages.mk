# The Debian packages installed, used, upgraded and purged on a fresh Debian 12 and 13. Where such machines cannot be made
# it says so, and that is no failure; tests/packages/run.py ends with status 77 then.
# Before that, what Debian's tools have to say of them.
.PHONY: package-test package-lint
package-test: package-lint
	@$(PYTHON) tests/packages/run.py --build $(BUILD) || test $$? -eq 77

package-lint: deb
	@tests/packages/lint $(BUILD)
