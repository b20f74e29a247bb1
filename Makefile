# make demo    builds the demo and serves it on http://127.0.0.1:3000/ (PORT and HOST change that)
# make test    runs everything: format, unit tests, behaviour over sockets, conformance, foreign clients, browsers
# make bench   measures Martlet beside other servers: the table ends up in .build-release/bench.md
# make conformance  runs all of Autobahn's cases against a release build, and counts the verdicts
# make fuzz    fuzzes every decoder of what peers send, each for SECONDS=60 seconds
# make sanitize  runs the Swift tests under AddressSanitizer, then under ThreadSanitizer
# All of them install what they lack.

.PHONY: demo test bench conformance fuzz sanitize format

demo:
	@Tests/Support/setup.sh
	@Tests/Support/demo.sh

test:
	@Tests/Support/test.sh

bench:
	@Tests/Benchmarks/run.sh

conformance:
	@Tests/Support/setup.sh test
	@Tests/Support/conformance.sh

SECONDS ?= 60
fuzz:
	@Tests/Support/setup.sh
	@Tests/Fuzz/run.sh $(SECONDS)

sanitize:
	@Tests/Support/setup.sh
	@Tests/Support/sanitize.sh

format:
	swift format --in-place --recursive Package.swift Sources Tests Demo/Package.swift Demo/Sources
