# make demo    builds the demo and serves it on http://127.0.0.1:3000/ (PORT and HOST change that)
# make test    runs everything: format, what users get, unit tests, behaviour over sockets, public API, conformance, foreign
#              clients, browsers
# make check-PART  runs one part of that: format, package, swift, api, allocations, client, conformance or browser
# make api     writes down the public API as it is now, in Tests/PublicAPI
# make docs    builds the guide, and fails at a warning: it ends up in .build/documentation
# make bench   measures Martlet beside other servers: the table ends up in .build-release/bench.md
# make crowd   holds 61,189 connections on a cluster of four servers, and prints what that takes
# make comeback  has a server with 10,000 clients end, and its clients come back to the next one
# make clients  has 10,000 Swift clients in one process echo, and prints what a message costs them and the server
# make conformance  runs all of Autobahn's cases against a release build, and counts the verdicts
# make fuzz    fuzzes every decoder of what peers send, each for SECONDS=60 seconds
# make sanitize  runs the Swift tests under AddressSanitizer, then under ThreadSanitizer
# make soak    sends a million messages each way through lossless sessions on networks that cut, stall and repeat, lets a
#              million clients come and go, and has 2,000 sessions on two servers stand cuts, abuse and restarts for ten
#              minutes
# All of them install what they lack.

.PHONY: demo test api docs bench crowd comeback clients conformance fuzz sanitize soak format

demo:
	@Tests/Support/setup.sh
	@Tests/Support/demo.sh

test:
	@Tests/Support/test.sh

check-%:
	@Tests/Support/test.sh $*

api:
	@Tests/Support/api.sh --update

docs:
	@Tests/Support/setup.sh
	@Tests/Support/docs.sh

bench:
	@Tests/Benchmarks/run.sh

crowd:
	@Tests/Benchmarks/crowd.sh

comeback:
	@Tests/Benchmarks/comeback.sh

clients:
	@Tests/Benchmarks/clients.sh

conformance:
	@Tests/Support/setup.sh test
	@Tests/Support/conformance.sh

SECONDS ?= 60
fuzz:
	@Tests/Support/setup.sh
	@Tests/Fuzz/run.sh $(SECONDS)

sanitize:
	@Tests/Support/setup.sh test
	@Tests/Support/sanitize.sh

soak:
	@Tests/Support/setup.sh test
	MARTLET_SOAK_SEEDS=200 MARTLET_SOAK_MESSAGES=5000 swift test --filter LosslessSimulationTests
	"$$(Tests/Support/release.sh micro-benchmarks)" --soak 1000000
	MARTLET_INTEROP_SERVER="$$(Tests/Support/release.sh interop-server)" MARTLET_SOAK_SECONDS=600 \
		Tests/Conformance/run.sh -s test_soak.py

format:
	swift format --in-place --recursive Package.swift Sources Tests Demo/Package.swift Demo/Sources Demo/Tests
