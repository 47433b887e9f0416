# A container image with ExaBGP and exacheck, from the source of `dist` and nothing else.
CONTAINER_ENGINE ?= podman
CONTAINER_OPTIONS ?=
CONTAINER := $(BUILD)/container

.PHONY: container
container: dist
	@rm -rf $(CONTAINER)
	@mkdir -p $(CONTAINER)
	@tar -xzf $(DIST) -C $(CONTAINER)
	$(CONTAINER_ENGINE) build --file packaging/container/Containerfile --tag exacheck:$(VERSION) --tag exacheck \
		$(CONTAINER_OPTIONS) $(CONTAINER)/exacheck-$(VERSION)
