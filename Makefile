# The tasks of this project. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run check test fuzz soak bench screenshots doc contents clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

run: ## build in release and serve on http://127.0.0.1:8000
	cargo build --release --locked
	exec target/release/carafe

check: ## formatting, lints, docs and the tests that need cargo alone
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	cargo test --locked

test: ## everything, with real curl, Jinja2 and Chromium: what CI runs
	tests/setup
	$(MAKE) check

# libFuzzer needs these three from the compiler: a counter at each edge, a table of their places, calls at comparisons.
fuzz fuzz/%: export RUSTFLAGS := --cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module $(foreach argument,\
	-sanitizer-coverage-level=4 -sanitizer-coverage-inline-8bit-counters -sanitizer-coverage-pc-table \
	-sanitizer-coverage-trace-compares,-Cllvm-args=$(argument))
SECONDS ?= 60
FUZZER = target/fuzz/$(HOST)/release/carafe-fuzz
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

fuzz: ## every fuzz target for SECONDS=60, or one: make fuzz/head; needs a C++ compiler
	$(MAKE) $(addprefix fuzz/,$(notdir $(wildcard tests/fuzz/corpus/*)))

fuzz/%:
	cargo build --release --locked --manifest-path tests/fuzz/Cargo.toml --target $(HOST) --target-dir target/fuzz
	mkdir -p target/fuzz/found/$*
	TARGET=$* $(FUZZER) -max_total_time=$(SECONDS) -max_len=4096 -timeout=10 -dict=tests/fuzz/words \
		-artifact_prefix=target/fuzz/$*- target/fuzz/found/$* tests/fuzz/corpus/$* $(if $(filter head connection server,$*),tests/wire)

MINUTES ?= 120
soak: ## mixed traffic with faults for MINUTES=120; memory, threads and descriptors must stay flat
	cargo build --release --locked
	tests/soak.py target/release/carafe --minutes $(MINUTES) --samples target/soak.csv

bench: ## carafe beside nginx, axum, actix and others; QUICK=1 takes three minutes, BASE=PATH adds another checkout
	python3 tests/bench/bench.py

screenshots: ## take the pictures of README.md anew
	tests/screenshots/take

doc: ## build the reference and print where it lies
	cargo doc --no-deps
	@echo "open target/doc/carafe/index.html"

contents: ## each file of the source in reading order, with its lines, and the sum of each circle
	@sed -n 's,^    "\(src/.*\)"$$,\1,p' src/contents.list | awk ' \
		BEGIN { split("Stages,First reading,Deeper chapters", names, ",") } \
		{ title = ""; lines = 0; \
			while ((getline line < $$0) > 0) if (!lines++) { title = line; sub(/^[\/!# ]+/, "", title) } \
			close($$0); \
			circle = /^src\/stages\// ? 1 : (title ~ /^Deeper:/ || !/\.rs$$/) ? 3 : 2; \
			if (/\.rs$$/) sum[circle] += lines; \
			text[circle] = text[circle] sprintf("%6d  %-44s %s\n", lines, $$0, title) } \
		END { for (circle = 1; circle <= 3; circle++) \
			printf "%s: %d lines of Rust\n%s\n", names[circle], sum[circle], text[circle] }'

clean: ## remove what the build made
	cargo clean
