# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The command-line tool `martlet`: run to its end, or driven at a pseudo-terminal."""

import asyncio
import collections
import fcntl
import os
import pty
import re
import subprocess
import termios

from .timing import DEADLINE, seconds, within

Result = collections.namedtuple("Result", "code output errors")
END_OF_INPUT = "\x04"
INTERRUPT = "\x03"
COLOUR = re.compile(r"\x1b\[\d+m")


class Tool:
    def __init__(self, executable):
        self.executable = executable

    async def run(self, *arguments, text="", env=None):
        """Runs a command to its end, with pipes for its input and output."""
        process = await asyncio.create_subprocess_exec(
            self.executable, *map(str, arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=os.environ | (env or {}))
        try:
            output, errors = await within(process.communicate(text.encode()), seconds(30), "the command's end")
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return Result(process.returncode, output.decode(), errors.decode())

    def on_terminal(self, *arguments, env=None, columns=0):
        return Terminal([self.executable, *map(str, arguments)], env, columns)


class Terminal:
    """A command with a terminal of its own: `async with tool.on_terminal(…) as terminal`."""

    def __init__(self, command, env, columns):
        self.command = command
        self.columns = columns
        inherited = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        self.env = inherited | {"TERM": "xterm"} | (env or {})
        # All that was printed, and how much of it was expected so far.
        self.output = ""
        self.position = 0

    async def __aenter__(self):
        self.controller, end = pty.openpty()
        os.set_blocking(self.controller, False)
        termios.tcsetwinsize(end, (24, self.columns))
        self.process = subprocess.Popen(
            self.command, stdin=end, stdout=end, stderr=end, start_new_session=True, env=self.env,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(end)
        self.printed = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.controller, self._read)
        return self

    async def __aexit__(self, *_):
        asyncio.get_running_loop().remove_reader(self.controller)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.controller)

    def _read(self):
        try:
            data = os.read(self.controller, 1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self.controller)
        self.output += data.decode(errors="replace")
        self.printed.set()

    def type(self, text):
        os.write(self.controller, text.encode())

    async def expect(self, pattern, limit=DEADLINE):
        """The next match of the pattern in what is printed, colours left out."""
        async def found():
            while True:
                self.printed.clear()
                plain = COLOUR.sub("", self.output)
                if match := re.search(pattern, plain[self.position:]):
                    self.position += match.end()
                    return match
                await self.printed.wait()
        try:
            return await asyncio.wait_for(found(), limit)
        except asyncio.TimeoutError:
            raise AssertionError(f"{pattern!r} was not printed within {limit:.1f} s:\n{self.output}") from None

    async def ended(self, limit=DEADLINE):
        """The exit code."""
        return await asyncio.to_thread(self.process.wait, limit)
