#!/usr/bin/env python3
"""Checks that each row of `Tests/Conformance/REFERENCE.md`, and of the guide's page with the threat model, names tests that
exist, or says why there is none.

A Swift test is named `Suite.function`, one of Python or JavaScript `file::title`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "Tests/Conformance/REFERENCE.md"
THREATS = ROOT / "Sources/Martlet/Martlet.docc/ThreatModel.md"
ROW = re.compile(r"^\| (.+) \| (.+) \|$")
REFERENCE = re.compile(r"`(\w+Tests\.\w+|[\w.]+\.(?:py|cjs|js)::[^`]+)`")
SUITE = re.compile(r"^(?:@Suite )?(?:struct|extension) (\w+)")
# The title of a test, by the ending of its file.
TITLES = {
    ".py": re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE),
    ".cjs": re.compile(r"^  async '([^']+)'\(\)", re.MULTILINE),
    ".js": re.compile(r'^ *test\("([^"]+)"', re.MULTILINE),
}


def swift_tests(path):
    suite, is_test = None, False
    for line in path.read_text().splitlines():
        if match := SUITE.match(line):
            suite = match[1]
        is_test = is_test or line.lstrip().startswith("@Test")
        if is_test and (match := re.search(r"\bfunc (\w+)", line)):
            yield f"{suite}.{match[1]}"
            is_test = False


def other_tests(path):
    return (f"{path.name}::{title}" for title in TITLES[path.suffix].findall(path.read_text()))


conformance = ROOT / "Tests/Conformance"
client = ROOT / "ClientJS/test"
others = [*conformance.glob("test_*.py"), *conformance.glob("javascript/*.cjs"), *client.glob("*.test.js")]
tests = {test for path in (ROOT / "Tests").rglob("*Tests.swift") for test in swift_tests(path)}
tests |= {test for path in others for test in other_tests(path)}


def check(page):
    """How many rows there are, and how many of them name tests."""
    rows = mapped = 0
    lines = page.read_text().splitlines()
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""]), start=1):
        match = ROW.match(line)
        if not match or following.startswith("|---"):
            continue
        rows += 1
        named = REFERENCE.findall(match[2])
        mapped += bool(named)
        unknown = [name for name in named if name not in tests]
        if unknown or bool(named) == match[2].startswith("None: "):
            what = f"there is no test `{unknown[0]}`" if unknown else "a row names a test, or says why there is none"
            print(f"{page.relative_to(ROOT)}:{number}: {what}", file=sys.stderr)
            sys.exit(1)
    return rows, mapped


rows, mapped = check(REFERENCES)
print(f"{rows} titles of the reference's tests: {mapped} have tests here, {rows - mapped} a reason")
rows, mapped = check(THREATS)
print(f"{rows} threats: {mapped} have tests, {rows - mapped} a reason")
