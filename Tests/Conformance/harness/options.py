# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The option sets servers are started with. Each is one process, shared by all tests that name it."""

from .timing import milliseconds

PING_INTERVAL = milliseconds(300)
PING_TIMEOUT = milliseconds(200)
CONNECT_TIMEOUT = milliseconds(1000)
UPGRADE_TIMEOUT = milliseconds(500)
RESUME_TIMEOUT = milliseconds(500)
SMALL_PAYLOAD = 20_000
BOUNDED_PAYLOAD = 16 * 2**10
BOUNDED_WAITING = 32 * 2**10
BOUNDED_UNSENT = 64 * 2**10
LISTED_ORIGINS = ("http://one.example", "https://two.example:8443")

OPTION_SETS = {
    # The configuration the two official protocol suites ask for.
    "official": [
        "--ping-interval", str(PING_INTERVAL), "--ping-timeout", str(PING_TIMEOUT),
        "--connect-timeout", str(CONNECT_TIMEOUT), "--max-payload", "1000000", "--cors", "*",
    ],
    "plain": [],
    "small_payload": ["--max-payload", str(SMALL_PAYLOAD)],
    "listed_origins": [part for origin in LISTED_ORIGINS for part in ("--cors", origin)],
    "quick_upgrade": ["--upgrade-timeout", str(UPGRADE_TIMEOUT)],
    "quick_resume": ["--resume-timeout", str(RESUME_TIMEOUT)],
    # The defaults' heartbeats in a tenth of the time.
    "platform": ["--ping-interval", str(milliseconds(2500)), "--ping-timeout", str(milliseconds(2000))],
    "trusting": ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.0.0.0/8"],
    # Quick heartbeats, since a client may leave its last poll to them.
    "messagepack": [
        "--parser", "msgpack", "--ping-interval", str(milliseconds(1000)), "--ping-timeout", str(milliseconds(1000)),
    ],
    "recovering": ["--recovery", str(milliseconds(60_000))],
    "polling_only": ["--transports", "polling"],
    "websocket_only": ["--transports", "websocket"],
    "no_sse": ["--transports", "websocket,polling"],
    "deflate": ["--permessage-deflate", "--deflate-threshold", "64", "--max-payload", str(SMALL_PAYLOAD)],
    "deflate_takeover": ["--permessage-deflate", "--deflate-threshold", "64", "--deflate-context-takeover"],
    # Abuse is aimed at servers of their own, so that what it costs is seen apart.
    "abused": [],
    # Small limits, so that the guide's formula says little memory.
    "bounded": ["--max-payload", str(BOUNDED_PAYLOAD), "--waiting-limit", str(BOUNDED_WAITING),
                "--unsent-limit", str(BOUNDED_UNSENT), "--threads", "2"],
    "abused_deflate": ["--permessage-deflate"],
    "autobahn": ["--max-payload", "33554432"],
    "autobahn_deflate": ["--max-payload", "33554432", "--permessage-deflate", "--deflate-threshold", "0"],
    "autobahn_takeover": ["--max-payload", "33554432", "--permessage-deflate", "--deflate-threshold", "0",
                          "--deflate-context-takeover"],
}
