# Mirrorwatch. `make help` lists what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build console lambdas generate demo serve test check replay record synth bootstrap deploy diff destroy bench bench-mirror dga judge fuzz clean

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 60s
export CGO_ENABLED ?= 0
export PROFILE REGION

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests need (a C compiler, iproute2, Java with DynamoDB Local, Node with DuckDB, Chromium), and build the console
	@test/setup.sh

build: ## Build bin/mirrorwatch, with the console in it where Node is there
	@lambdas/console/web/build.sh --optional
	@mkdir -p bin
	go build -trimpath -o bin/mirrorwatch ./cmd/mirrorwatch

console: ## Build the console into lambdas/console/dist, where its sources changed (Node with npm; a Node too old for Vite fetches a newer)
	@lambdas/console/web/build.sh

lambdas: ## Build the functions for provided.al2023 on arm64 into build/<name>/bootstrap, the same bytes each time
	@go run ./infra/pack/main

generate: ## Write the API's Go code anew from lambdas/api/openapi.yaml
	go generate ./lambdas/api/...

demo: build ## Play our own captures of attacks and honest traffic to a server, and say where to look (CI=1 ends it there)
	@bin/mirrorwatch demo $(if $(CI),--once --http 127.0.0.1:0)

serve: build ## Run sensor, detectors, store and API on this machine until interrupted
	@bin/mirrorwatch serve

test: setup ## Run every test; installs what they need first
	@# the browser's tests take longest: they begin first, beside all others
	MIRRORWATCH_TIMES=$(CURDIR)/build/times.txt go test -timeout 20m ./test/console ./...
	@cat build/times.txt 2>/dev/null || echo "test/deployed was skipped: no times from a tag to an answer"
	@tail -qn 7 build/console/*.txt 2>/dev/null || echo "test/console was skipped: no browser looked at the console"

check: setup ## gofmt, go vet, staticcheck, architecture, and the race detector on the shorter tests of what runs concurrently
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt these:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go test -count=1 ./test
	CGO_ENABLED=1 go test -race -short $$(test/concurrent.sh)

replay: ## Compare the captures in test/replay with their golden records and detections; UPDATE=1 writes them anew
	go test -count=1 -run "Replay|Expectations|Document" ./cmd/mirrorwatch $(if $(UPDATE),-update)

record: ## Record test/replay again with real programs in network namespaces (root; installs them)
	test/record/all.sh

synth: ## Write the templates of CloudFormation and hold them against cdk-nag and cfn-lint; asks no account (SET="size=large fleet=fargate")
	@infra/check.sh $(SET)

bootstrap: ## Once an account and region: what the CDK needs there (PROFILE= REGION=)
	@infra/cdk.sh bootstrap

deploy: ## Build everything, the console too, and deploy it (PROFILE= REGION= SET="size=medium notify=you@example.com"; cdk.json documents each setting)
	@infra/cdk.sh deploy $(SET)

diff: ## What deploying would change (PROFILE= REGION= SET=)
	@infra/cdk.sh diff $(SET)

destroy: ## Take everything away, mirror sessions first; what "retain" says stays (PROFILE= REGION= SET=)
	@infra/cdk.sh destroy $(SET)

bench: build ## Benchmarks of each stage, the whole program beside Suricata (CAPTURE=file for another capture), then bench-mirror: an hour
	test/bench/bench.sh $(CAPTURE)
	@$(MAKE) --no-print-directory bench-mirror

bench-mirror: ## A thousand simulated weeks of mirroring, and its times for 10,000 interfaces (SEEDS=n FROM=seed DAYS=n PARALLEL=n)
	go test -run '^$$' -bench . -benchmem ./test/mirrorsim
	go run ./test/bench/mirrorsim -seeds $(or $(SEEDS),1000) -from $(or $(FROM),1) -days $(or $(DAYS),7) -parallel $(or $(PARALLEL),$(shell nproc))

dga: ## Train the classifier of generated domain names on LIST and measure it on names held out (CHECK=1 only measures the one built in)
	@go run ./test/bench/dga -list $(or $(LIST),../shared/captures/dga/names.tsv.gz) $(if $(CHECK),-check)

judge: ## The judge on simulated weeks of a network, beside simple thresholds (SEEDS=n FROM=seed DAYS=n LIST=1)
	go run ./test/bench/judge -seeds $(or $(SEEDS),5) -from $(or $(FROM),1) -days $(or $(DAYS),28) $(if $(LIST),-list)

fuzz: ## Run every fuzz target for FUZZTIME (default 60s)
	@test/fuzz.sh $(FUZZTIME)

clean: ## Remove what was built
	rm -rf bin build
	find lambdas/console/dist -mindepth 1 ! -name .gitignore ! -name .gitkeep -delete
