# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Starts the servers, one process per option set, and looks after every test that they all still live."""

import contextlib
import functools
import os
import subprocess
from pathlib import Path

import pytest

pytest.register_assert_rewrite("harness")

from harness.autobahn import RUNS, table  # noqa: E402
from harness.options import OPTION_SETS  # noqa: E402
from harness.proxies import PROXIES, reserve_port  # noqa: E402
from harness.server_process import ServerPool  # noqa: E402
from harness.socketio_session import SocketIOSession  # noqa: E402
from harness.tool import Tool  # noqa: E402

EXECUTABLE = os.environ.get("MARTLET_INTEROP_SERVER")
RUNNING = os.environ.get("MARTLET_URL")
TOOL = os.environ.get("MARTLET_TOOL")


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="all of Autobahn's cases, which takes minutes")


def pytest_configure(config):
    if not EXECUTABLE and not RUNNING:
        raise pytest.UsageError("set MARTLET_INTEROP_SERVER to the interop-server executable (or MARTLET_URL)")
    if EXECUTABLE and not Path(EXECUTABLE).is_file():
        raise pytest.UsageError(f"MARTLET_INTEROP_SERVER: no such file: {EXECUTABLE}")
    config.stash[RUNS] = []


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[RUNS]:
        terminalreporter.section("Autobahn's verdicts")
        for line in table(config.stash[RUNS]):
            terminalreporter.line(line)


def pytest_collection_modifyitems(config, items):
    """Against a server that is already running, only what the official option set serves can be asked."""
    if EXECUTABLE:
        return
    others = (set(OPTION_SETS) - {"official"}) | {"servers", "own_server"}
    unable = [item for item in items if others & set(item.fixturenames)]
    config.hook.pytest_deselected(items=unable)
    items[:] = [item for item in items if item not in unable]


@pytest.fixture(scope="session")
def pool():
    pool = ServerPool(EXECUTABLE, RUNNING)
    yield pool
    pool.stop_all()


@pytest.fixture(scope="session")
def servers(pool):
    """For tests that start, stop and restart servers of their own."""
    return pool


@pytest.fixture
def own_server(pool):
    """A server of the test's own, with the default options: what it counts is of this test."""
    server = pool.start_own([])
    try:
        yield server
        server.assert_alive()
    finally:
        code = server.stop()
    assert code == 0, f"exit code {code}\n{server.output()}"


@pytest.fixture(autouse=True)
def every_server_survives(pool, request):
    """After every test: no process has ended, and those that the test used answer."""
    yield
    pool.assert_alive(answering=set(request.fixturenames))


def option_set(name, options):
    @pytest.fixture(scope="session", name=name)
    def server(pool):
        return pool.get(name, options)
    return server


for _name, _options in OPTION_SETS.items():
    globals()[f"server_{_name}"] = option_set(_name, _options)


@pytest.fixture(scope="session")
def proxies(official, tmp_path_factory):
    """Gives the proxy of a name in front of a server, started when it is first asked for."""
    with contextlib.ExitStack() as ends:
        @functools.cache
        def proxy(name, server=official):
            return ends.enter_context(PROXIES[name](tmp_path_factory.mktemp(name), server))
        yield proxy


@pytest.fixture(scope="session")
def tool():
    """The command-line tool."""
    if not TOOL or not Path(TOOL).is_file():
        raise pytest.UsageError("set MARTLET_TOOL to the martlet executable")
    return Tool(TOOL)


@pytest.fixture
def unused_port():
    """A port on which nobody listens."""
    with reserve_port() as reservation:
        yield reservation.getsockname()[1]


@pytest.fixture(scope="session")
def secure(pool, tmp_path_factory):
    """A server with TLS, and the file of its certificate, which is for `localhost` and which nobody vouches for."""
    folder = tmp_path_factory.mktemp("secure")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    server = pool.start_own(["--tls-certificate", certificate, "--tls-key", key])
    yield server, certificate
    server.stop()


@pytest.fixture
async def witness(abused):
    """A session opened before the abuse, which must still work after it."""
    session = await SocketIOSession.open(abused)
    yield session
    await session.expect_working()
    await session.engine.abandon()
