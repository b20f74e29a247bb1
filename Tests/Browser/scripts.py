# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The scripts in `javascript`, run by Node or in a page."""

import json
import pathlib
import re
import subprocess
import uuid

from chromium import TIME_FACTOR

FOLDER = pathlib.Path(__file__).parent / "javascript"


def _flags():
    """What later versions of Node have by themselves."""
    for flag in ("--experimental-websocket", "--experimental-eventsource"):
        if subprocess.run(["node", flag, "-e", ""], capture_output=True).returncode == 0:
            yield flag


def run_in_node(script, options, seconds):
    """What the script prints, given `options` as its argument."""
    done = subprocess.run(
        ["node", "--no-warnings", *_flags(), FOLDER / script, json.dumps(options)],
        capture_output=True,
        text=True,
        timeout=seconds * TIME_FACTOR,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_in_page(page, function, options, seconds):
    """What the exported function of `<function>.js` fulfils, with the client that the demo serves."""
    text = re.sub(r"^export ", "", (FOLDER / f"{function}.js").read_text(), flags=re.MULTILINE)
    answer = f"answer_{uuid.uuid4().hex}"
    page.evaluate(
        f"""(() => {{
            {text}
            const ask = async (method, path, body) => {{
                const response = await fetch(path, {{ method, body: body && JSON.stringify(body) }});
                return response.json();
            }};
            import("/socket.io/martlet.esm.js")
                .then(({{ io }}) => {function}({{ io, ask, url: location.origin, ...{json.dumps(options)} }}))
                .then(JSON.stringify, (error) => JSON.stringify({{ error: error.stack }}))
                .then((text) => (window.{answer} = text));
        }})()"""
    )
    page.until(f"window.{answer}", f"{function} is over", seconds)
    return json.loads(page.evaluate(f"window.{answer}"))
