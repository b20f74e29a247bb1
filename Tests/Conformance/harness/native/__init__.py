# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What is written in C, compiled when it is first asked for."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = Path(__file__).parents[3] / "Benchmarks"


@functools.cache
def _folder():
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _compile(name, *arguments):
    compiler = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)
    assert compiler, "there is no C compiler"
    output = _folder() / name
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", output, *arguments], check=True)
    return str(output)


@functools.cache
def trim():
    """A library that gives back freed memory, see trim.c."""
    return _compile("trim.so", "-shared", "-fPIC", HERE / "trim.c", "-lpthread")


@functools.cache
def wsload():
    """The load generator of the benchmarks."""
    sources = [*sorted((BENCHMARKS / "load").glob("*.c")), BENCHMARKS / "common" / "handshake.c"]
    return _compile("wsload", *sources, "-lz")
