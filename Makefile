# What can be done with this tree. `make help` lists it; each line after ## is what help says.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build compile publish docs packages guests box host test lab demo demo-fleet fleet bench lint fmt clean

# Everything that the native programs are made from.
sources := $(shell find src proto tests/FakeQemu packaging/publish.proj Directory.* global.json -type f \
	-not -path '*/bin/*' -not -path '*/obj/*')
native := artifacts/.published

# $(call beside,TARGETS,TARGETS): makes the one beside the other. What is compiled and what is fetched share nothing.
beside = @$(MAKE) --no-print-directory $(1) & first=$$!; \
	$(MAKE) --no-print-directory $(2); second=$$?; \
	wait $$first && exit $$second

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing on a Debian machine (as root or with sudo); check the .NET SDK
	@tests/lab/setup.sh

build: ## Compile everything, tests included; warnings are errors
	@dotnet build NodeAgent.sln --nologo --verbosity quiet -clp:NoSummary

# The same without the analyzers, which more than double its time and change no program.
compile:
	@dotnet build NodeAgent.sln --nologo --verbosity quiet -clp:NoSummary -p:RunAnalyzers=false

publish: $(native) ## Make the native programs artifacts/bin/nodeagentd and artifacts/bin/nodectl

$(native): $(sources)
	@echo "publish: compiling nodeagentd and nodectl to native code, a minute or two"
	@dotnet build packaging/publish.proj --nologo --verbosity quiet -clp:NoSummary
	@touch $@
	@ls -l artifacts/bin | awk 'NR > 1 {printf "publish: artifacts/bin/%s, %.1f MB\n", $$9, $$5 / 1e6}'

docs: ## Write what packages carry besides programs: manual pages, completions, bill of materials
	@SOURCE_DATE_EPOCH=$$(packaging/version.sh epoch) dotnet run -p:RunAnalyzers=false --project packaging/NodeAgent.Packaging -- . artifacts

packages: publish docs ## Make the DEB, the RPM and their bill of materials, into artifacts/packages/
	@packaging/deb/build.sh
	@packaging/rpm/build.sh
	@cp artifacts/sbom/nodeagent.cdx.json artifacts/packages/nodeagent-$$(packaging/version.sh version).cdx.json

guests: ## Build the guests that the tests and the demo run, into artifacts/guests/
	@tests/guests/build.sh artifacts/guests

box: ## Make the root file system of the hosts that tests boot, into artifacts/box/ (as root)
	@tests/lab/box/build.sh artifacts/box >/dev/null

host: ## Make what the lab hosts boot that make lab tests on, into artifacts/host/ (as root)
	@tests/lab/host/build.sh artifacts/host >/dev/null

test: setup ## Run the unit tests and the functional tests, with real guests: some ten minutes once all is built
	$(call beside,guests box,compile packages)
	@tests/lab/test.sh

lab: setup ## Run the long forms: 1,000 life cycles, 200 starts with the agent killed among them, …
	$(call beside,guests box host,build packages)
	@tests/lab/lab.sh

demo: setup publish guests ## Show a VM's whole life on this machine in about a minute, and clean up
	@tests/lab/demo.sh

demo-fleet: setup publish guests ## Show a manager with three nodes: joining, driving a VM, a lost manager, a new certificate
	@dotnet build tests/ReferenceManager --nologo --verbosity quiet -clp:NoSummary -p:RunAnalyzers=false
	@tests/lab/demo-fleet.sh

fleet: setup publish guests ## Bring up a manager and three nodes on this machine, until Ctrl-C
	@dotnet build tests/ReferenceManager --nologo --verbosity quiet -clp:NoSummary -p:RunAnalyzers=false
	@tests/lab/fleet.sh

bench: setup publish packages box ## Measure against the same work done bare; writes artifacts/bench/results.json
	@dotnet run --project tests/NodeAgent.Benchmarks --configuration Release -- artifacts/bench/results.json

lint: ## Check the form of the code and of the contract
	@tests/lab/lint.sh

fmt: ## Mend the form of the code and of the contract
	@tests/lab/lint.sh --fix

clean: ## Remove everything that was built
	@rm -rf artifacts tests/tools/buf/node_modules
	@find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
