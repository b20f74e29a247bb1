# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Autobahn's cases, run by kosoku, and what is made of their verdicts."""

import asyncio
import collections
import fnmatch
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from .timing import seconds, within

KOSOKU = Path(sys.executable).parent / "kosoku"

# Where pytest's configuration keeps what was run.
RUNS = pytest.StashKey()

# The official suite's numbering: so many cases in each group, 517 in all.
GROUPS = {
    "1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20,
    "6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3, "6.11": 5,
    "6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5, "6.20": 7, "6.21": 8,
    "6.22": 34, "6.23": 7,
    "7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2,
    "9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6, "9.7": 6, "9.8": 6, "10.1": 1,
    **{f"12.{data}": 18 for data in range(1, 6)}, **{f"13.{offer}": 18 for offer in range(1, 8)},
}
CASES = [f"{group}.{number}" for group, count in GROUPS.items() for number in range(1, count + 1)]

# What may be said instead of OK, of which case, and why.
ACCEPTED = {
    # A text, a text with a reserved bit set and a ping come byte by byte. The connection is failed at the second, and
    # whether the echo of the first is read before that shows depends on how the bytes were timed.
    "3.4": "NON-STRICT",
    # A close follows 256 kB at once, and a ping the close. The case has no right answer: the echo may or may not
    # come before the close is answered.
    "7.1.6": "INFORMATIONAL",
    # Close codes 5000 and 65535, of which RFC 6455, 7.4.2 says nothing. They are answered with 1002.
    "7.13.1": "INFORMATIONAL", "7.13.2": "INFORMATIONAL",
}


def chosen(patterns):
    return {case for case in CASES if any(fnmatch.fnmatchcase(case, pattern) for pattern in patterns)}


@dataclass
class Run:
    """One run of some cases: the verdict on each, the worse of the two that Autobahn gives."""

    title: str
    verdicts: dict
    seconds: float

    def assert_conformant(self, patterns):
        missing = chosen(patterns) ^ set(self.verdicts)
        assert not missing, f"not the cases that were asked for: {sorted(missing)}"
        bad = {case: verdict for case, verdict in self.verdicts.items() if verdict not in ("OK", ACCEPTED.get(case))}
        assert not bad, bad


async def run_cases(server, title, patterns, reports):
    """Runs kosoku in a process of its own (its case files bring an `autobahn` module along that is not PyPI's)."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        KOSOKU, *(part for pattern in patterns for part in ("-i", pattern)), "-o", str(reports),
        server.ws_url + "/ws-echo", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        output, _ = await within(process.communicate(), seconds(20 * len(chosen(patterns))), "the end of the cases")
    finally:
        if process.returncode is None:
            process.kill()
    index = reports / "index.json"
    assert index.is_file(), f"kosoku wrote no report:\n{output.decode()}"
    results = next(iter(json.loads(index.read_text()).values()))
    verdicts = {case: result["behavior"] if result["behavior"] != "OK" else result["behaviorClose"]
                for case, result in results.items()}
    return Run(title, verdicts, time.monotonic() - begun)


def table(runs):
    """The runs as a Markdown table, a column for each verdict."""
    counts = [collections.Counter(run.verdicts.values()) for run in runs]
    names = ["OK", *sorted(set().union(*counts) - {"OK"})]
    rows = [(run.title, len(run.verdicts), *(count[name] for name in names), f"{run.seconds:.0f} s")
            for run, count in zip(runs, counts, strict=True)]
    rows.append(("all", *(sum(column) for column in list(zip(*rows))[1:-1]),
                 f"{sum(run.seconds for run in runs):.0f} s"))
    lines = [("Autobahn", "cases", *names, "time"), ("---", *["--:"] * (len(names) + 2)), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]
