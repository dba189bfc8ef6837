# Mirrorwatch. `make help` lists what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check replay record bench fuzz clean

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 60s
export CGO_ENABLED ?= 0

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests need (a C compiler for the race detector, iproute2 for network namespaces)
	@test/setup.sh

build: ## Build bin/mirrorwatch
	@mkdir -p bin
	go build -trimpath -o bin/mirrorwatch ./cmd/mirrorwatch

demo: build ## Analyse our own captures of real attacks and honest traffic, and print what is found
	@bin/mirrorwatch demo

test: setup ## Run every test; installs what they need first
	go test ./...

check: setup ## gofmt, go vet, staticcheck, architecture, and the tests under the race detector
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt these:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go test -count=1 ./test
	CGO_ENABLED=1 go test -race ./...

replay: ## Compare the captures in test/replay with their golden records and detections; UPDATE=1 writes them anew
	go test -count=1 -run "Replay|Expectations|Document" ./cmd/mirrorwatch $(if $(UPDATE),-update)

record: ## Record test/replay again with real programs in network namespaces (root; installs them)
	test/record/all.sh

bench: build ## Benchmarks of each stage, and the whole program beside Suricata (CAPTURE=file for another capture)
	test/bench/bench.sh $(CAPTURE)

fuzz: ## Run every fuzz target for FUZZTIME (default 60s)
	@test/fuzz.sh $(FUZZTIME)

clean: ## Remove what was built
	rm -rf bin
