# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium over the DevTools protocol: just what the tests need, and nothing but `websockets`."""

import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from websockets.sync.client import connect

# By name: code, number, and the text that it types.
KEYS = {
    "Enter": ("Enter", 13, "\r"),
    "Space": ("Space", 32, " "),
    "Tab": ("Tab", 9, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
}
TIME_FACTOR = float(os.environ.get("MARTLET_TIME_FACTOR", "1"))


class DocumentReplaced(RuntimeError):
    """The page went to another document while it was asked something."""


def failure(method, message):
    """What is raised when a browser does not carry out a command."""
    # "Execution context was destroyed", "Inspected target navigated or closed", "Browsing Context … not found".
    is_replaced = any(word in message.lower() for word in ("context", "navigated"))
    return (DocumentReplaced if is_replaced else RuntimeError)(f"{method}: {message}")


def until(condition, what, seconds=10.0):
    """Asks again and again until `condition()` answers something true, and answers that; fails after the deadline."""
    deadline = time.monotonic() + seconds * TIME_FACTOR
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds * TIME_FACTOR:g} s")
        time.sleep(0.02)


def end(process, profile):
    """Ends a browser, whatever it says to that, and removes its profile."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(profile, ignore_errors=True)


class Chromium:
    """One browser process. Unless told otherwise, every page gets a context of its own, and shares no storage."""

    def __init__(self, executable, *arguments):
        self._resources = contextlib.ExitStack()
        self._profile = tempfile.mkdtemp(prefix="martlet-chromium-")
        self._ids = itertools.count(1)
        self._pages = {}
        self._process = subprocess.Popen(
            [
                executable,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-background-timer-throttling",
                "--disable-renderer-backgrounding",
                "--disable-backgrounding-occluded-windows",
                "--remote-debugging-port=0",
                f"--user-data-dir={self._profile}",
                *arguments,
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LANG": "en_GB.UTF-8", "LANGUAGE": "en_GB"},
        )
        try:
            address = next(
                filter(None, (re.search(r"DevTools listening on (ws://\S+)", line) for line in self._process.stderr))
            )
            self._socket = self._resources.enter_context(connect(address[1], max_size=None, compression=None))
        except BaseException:
            self.close()
            raise

    def command(self, method, session=None, **parameters):
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=30 * TIME_FACTOR))
            if answer.get("id") != number:
                self._event(answer)
            elif "error" in answer:
                raise failure(method, answer["error"]["message"])
            else:
                return answer["result"]

    def open(self, url, before="", beside=None, **settings):
        """
        A page in a context of its own, or in that of the page that it is opened beside; `before` runs in it before any
        script of the page.
        """
        context = beside.context if beside else self.command("Target.createBrowserContext")["browserContextId"]
        target = self.command("Target.createTarget", url="about:blank", browserContextId=context, newWindow=True)[
            "targetId"
        ]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context, target)
        self._pages[session] = page
        page.prepare(before, **settings)
        page.go(url)
        return page

    def forget(self, page):
        self._pages.pop(page.session, None)
        if any(each.context == page.context for each in self._pages.values()):
            self.command("Target.closeTarget", targetId=page.target)
        else:
            self.command("Target.disposeBrowserContext", browserContextId=page.context)

    def close(self):
        self._resources.close()
        end(self._process, self._profile)

    def _event(self, message):
        page = self._pages.get(message.get("sessionId"))
        if page:
            page.happened(message["method"], message["params"])


class Page:
    """A page as a person uses it: looks at texts, clicks, types. It collects whatever the console complains about."""

    def __init__(self, browser, session, context, target):
        self.browser = browser
        self.session = session
        self.context = context
        self.target = target
        self.complaints = []

    def command(self, method, **parameters):
        return self.browser.command(method, self.session, **parameters)

    def prepare(self, before, width=1280, height=800, dark=False, mobile=False, scale=1):
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile
        )
        self.command(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        if before:
            self.command("Page.addScriptToEvaluateOnNewDocument", source=before)

    def go(self, url):
        self.command("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'", f"{url} loaded")

    def reload(self):
        self.evaluate("window.stale = true")
        self.command("Page.reload")
        self.until("document.readyState === 'complete' && !window.stale", "the page loaded again")

    def evaluate(self, expression):
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(f"{expression}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def until(self, expression, what=None, seconds=10.0):
        def condition():
            try:
                return self.evaluate(f"Boolean({expression})")
            except DocumentReplaced:
                # The next document will answer.
                return None

        try:
            return until(condition, what or expression, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\nthe page shows:\n{self.text('body')}\n{self.complaints}") from None

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def texts(self, selector):
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.innerText)")

    def until_text(self, selector, wanted, seconds=10.0):
        """Waits until one of the elements shows exactly `wanted`."""
        self.until(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".some((each) => each.innerText.trim() === {json.dumps(wanted)})",
            f"{selector} shows {wanted!r}",
            seconds,
        )

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector, text):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.command("Input.insertText", text=text)

    def press_enter(self):
        self.press("Enter")

    def press(self, name):
        code, number, text = KEYS[name]
        key = {"key": text if name == "Space" else name, "code": code, "windowsVirtualKeyCode": number}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **key)
        self.command("Input.dispatchKeyEvent", type="keyUp", **key)

    def screenshot(self, path):
        data = self.command("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def goes_offline(self, is_offline=True):
        self.command(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def goes_online(self):
        self.goes_offline(False)

    def close(self):
        self.browser.forget(self)

    def happened(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert", "warning"):
            self.complaints.append(
                " ".join(str(each.get("value", each.get("description"))) for each in parameters["args"])
            )
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            entry = parameters["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
