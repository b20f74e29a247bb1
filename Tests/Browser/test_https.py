# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Our client in a page of a server with TLS, where HTTP/2 carries what HTTP/1.1 would need a connection each for."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from chromium import Chromium
from firefox import Firefox

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Conformance"))

from harness.server_process import InteropServer  # noqa: E402

TRANSPORTS = ["websocket", "sse", "polling"]
# Browsers open no more connections of HTTP/1.1 to a host.
MANY = 12


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that vouches for itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    openssl("req", "-x509", *kind, *name, "-keyout", key, "-out", certificate)
    return certificate, key


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def trusting_browser(request, certificate):
    """Takes the test's certificate."""
    if request.param == "chromium":
        public_key = openssl("x509", "-in", certificate[0], "-pubkey", "-noout")
        der = subprocess.run(
            ["openssl", "pkey", "-pubin", "-outform", "der"], input=public_key, check=True, capture_output=True
        ).stdout
        fingerprint = base64.b64encode(hashlib.sha256(der).digest()).decode()
        browser = Chromium(
            shutil.which("chromium") or "/usr/bin/chromium", f"--ignore-certificate-errors-spki-list={fingerprint}"
        )
    else:
        browser = Firefox(shutil.which("firefox-esr") or "/usr/bin/firefox-esr", acceptInsecureCerts=True)
    yield browser
    browser.close()


@pytest.fixture
def server(certificate):
    executable = os.environ.get("MARTLET_INTEROP_SERVER")
    assert executable, "set MARTLET_INTEROP_SERVER to the interop-server executable"
    server = InteropServer(executable, ["--tls-certificate", certificate[0], "--tls-key", certificate[1]])
    yield server
    assert server.stop() == 0, server.output()


@pytest.fixture
def page(trusting_browser, server):
    page = trusting_browser.open(f"https://127.0.0.1:{server.port}/healthz")
    page.evaluate(
        """import("/socket.io/martlet.esm.js").then(({ io }) => {
            window.sockets = [];
            window.enter = (transport) => sockets.push(io({ transports: [transport], forceNew: true }));
        })"""
    )
    yield page
    page.close()


def connections(server):
    """How many connections are open to the server."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(local.endswith(f":{server.port:04X}") and state == "01" for _, local, _, state, *_ in fields)


def enters(page, transport, count=1):
    page.evaluate(f"void Array.from({{ length: {count} }}, () => enter({json.dumps(transport)}))")
    page.until("sockets.every((each) => each.connected)", "all are connected", 20)


def echoes(page):
    """Each socket gets its own number back."""
    answers = page.evaluate("Promise.all(sockets.map((each, number) => each.emitWithAck('echo', number)))")
    assert answers == list(range(len(answers)))


def protocols(page, transport):
    """What the requests of a transport went over."""
    return page.evaluate(
        f"""[...new Set(performance.getEntriesByType("resource")
            .filter((each) => each.name.includes("transport={transport}") && each.nextHopProtocol)
            .map((each) => each.nextHopProtocol))]"""
    )


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_messages_go_both_ways_over(transport, page):
    enters(page, transport)
    assert page.evaluate("sockets[0].io.transport") == transport
    for _ in range(3):
        echoes(page)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"


def test_polling_goes_over_http2(page):
    enters(page, "polling")
    echoes(page)
    assert protocols(page, "polling") == ["h2"]


def test_event_streams_go_over_http2(page):
    enters(page, "sse")
    echoes(page)
    # A stream is listed once it has ended; what is sent up is listed at once.
    page.evaluate("void sockets[0].disconnect()")
    page.until("performance.getEntriesByType('resource').some((each) => each.name.includes('transport=sse'))")
    assert protocols(page, "sse") == ["h2"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_many_sessions_share_one_connection_over(transport, page, server):
    before = connections(server)
    enters(page, transport, MANY)
    echoes(page)
    # WebSockets too: RFC 8441.
    assert connections(server) <= before
    echoes(page)
