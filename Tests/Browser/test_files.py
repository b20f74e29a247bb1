# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The page's files and the client's, as many visitors at once fetch them."""

import concurrent.futures
import http.client
import pathlib

PUBLIC = pathlib.Path(__file__).resolve().parents[2] / "Demo/Public"
CLIENT = pathlib.Path(__file__).resolve().parents[2] / "ClientJS/dist"


def test_two_dozen_connections_get_every_file_whole(shared_demo):
    expected = {f"/{file.name}": file.read_bytes() for file in PUBLIC.iterdir()}
    expected["/"] = expected["/index.html"]
    # All but its last line, which names a source map that the demo does not serve.
    script, map = (CLIENT / "martlet.esm.js").read_bytes().rsplit(b"//# ", 1)
    assert map == b"sourceMappingURL=martlet.esm.js.map\n"
    expected["/socket.io/martlet.esm.js"] = script

    def visit(_):
        connection = http.client.HTTPConnection("127.0.0.1", shared_demo.port, timeout=10)
        try:
            for _ in range(4):
                for path, bytes in expected.items():
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    assert (answer.status, answer.read()) == (200, bytes), path
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(24) as visitors:
        list(visitors.map(visit, range(24)))
