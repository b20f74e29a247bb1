# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Headless Firefox over WebDriver BiDi, used in the same way as Chromium."""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import chromium
from chromium import TIME_FACTOR
from websockets.sync.client import connect

# BiDi only, and nothing that a new profile would like to talk about.
PREFERENCES = {
    "remote.active-protocols": 1,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
}

# By name, what WebDriver calls them.
KEYS = {"Enter": "\ue007", "Space": " ", "Tab": "\ue004", "ArrowRight": "\ue014"}


class Firefox:
    """One browser process. Unless told otherwise, every page gets a context of its own, and shares no storage."""

    def __init__(self, executable, **capabilities):
        self._resources = contextlib.ExitStack()
        self._profile = tempfile.mkdtemp(prefix="martlet-firefox-")
        preferences = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
        pathlib.Path(self._profile, "user.js").write_text("\n".join(preferences))
        self._ids = itertools.count(1)
        self._pages = {}
        # What it prints goes to a file, which never fills up as a pipe would that nobody reads.
        output = self._resources.enter_context(tempfile.TemporaryFile(mode="w+"))
        arguments = ["--headless", "--no-remote", "--profile", self._profile, "--remote-debugging-port", "0"]
        self._process = subprocess.Popen(
            [executable, *arguments, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=output,
            env={**os.environ, "LANG": "en_GB.UTF-8", "LANGUAGE": "en_GB"},
        )

        def address():
            assert self._process.poll() is None, "the browser ended at once"
            output.seek(0)
            return re.search(r"WebDriver BiDi listening on (ws://\S+)", output.read())

        try:
            url = chromium.until(address, "the browser listens", 30)[1]
            self._socket = self._resources.enter_context(connect(f"{url}/session", max_size=None, compression=None))
            self.command("session.new", capabilities={"alwaysMatch": capabilities})
            self.command("session.subscribe", events=["log.entryAdded"])
        except BaseException:
            self.close()
            raise

    def command(self, method, **parameters):
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=30 * TIME_FACTOR))
            if answer.get("id") != number:
                self._event(answer)
            elif answer["type"] == "error":
                raise chromium.failure(method, f"{answer['error']}: {answer['message']}")
            else:
                return answer["result"]

    def open(self, url, before="", beside=None):
        """As Chromium's."""
        context = beside.context if beside else self.command("browser.createUserContext")["userContext"]
        tab = self.command("browsingContext.create", type="tab", userContext=context)["context"]
        page = self._pages[tab] = Page(self, tab, context, tab)
        page.prepare(before)
        page.go(url)
        return page

    def forget(self, page):
        self._pages.pop(page.target, None)
        self.command("browsingContext.close", context=page.target)
        if not any(each.context == page.context for each in self._pages.values()):
            self.command("browser.removeUserContext", userContext=page.context)

    def close(self):
        self._resources.close()
        chromium.end(self._process, self._profile)

    def _event(self, message):
        if message.get("method") == "log.entryAdded":
            entry = message["params"]
            page = self._pages.get(entry["source"].get("context"))
            if page and entry["level"] in ("error", "warn"):
                page.complaints.append(entry["text"])


class Page(chromium.Page):
    """What a page does with Firefox's commands."""

    def command(self, method, **parameters):
        return self.browser.command(method, context=self.target, **parameters)

    def prepare(self, before):
        if before:
            self.browser.command(
                "script.addPreloadScript", functionDeclaration=f"() => {{ {before} }}", contexts=[self.target]
            )

    def go(self, url):
        self.command("browsingContext.navigate", url=url, wait="complete")

    def reload(self):
        self.command("browsingContext.reload", wait="complete")

    def evaluate(self, expression):
        answer = self.browser.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.target},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"].get("value", "null"))

    def type(self, selector, text):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self._strike(text)

    def press(self, name):
        self._strike(KEYS[name])

    def screenshot(self, path):
        data = self.command("browsingContext.captureScreenshot")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def _strike(self, keys):
        strokes = [{"type": stroke, "value": key} for key in keys for stroke in ("keyDown", "keyUp")]
        self.command("input.performActions", actions=[{"type": "key", "id": "keyboard", "actions": strokes}])

    def goes_offline(self, is_offline=True):
        self.browser.command(
            "emulation.setNetworkConditions",
            networkConditions={"type": "offline"} if is_offline else None,
            contexts=[self.target],
        )
