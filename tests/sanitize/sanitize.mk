# make test SANITIZE=address,undefined: before any other object, since every program is linked with it.
ifneq ($(SANITIZE_OBJ),)
$(SANITIZE_OBJ): tests/sanitize/options.c Makefile
	@mkdir -p $(@D)
	@$(SAY) "  CC   $<"; $(CC) $(ALL_CFLAGS) -c -o $@ $<
endif
