# make demo    builds the demo and serves it on http://127.0.0.1:3000/ (PORT and HOST change that)
# make test    runs everything: format, unit tests, behaviour over sockets, conformance, foreign clients, browsers
# make bench   measures Martlet beside other servers: the table ends up in .build-release/bench.md
# make conformance  runs all of Autobahn's cases against a release build, and counts the verdicts
# All of them install what they lack.

.PHONY: demo test bench conformance format

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

format:
	swift format --in-place --recursive Package.swift Sources Tests Demo/Package.swift Demo/Sources
