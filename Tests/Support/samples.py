#!/usr/bin/env python3
"""Checks that every Swift sample of the README and the guide stands, line for line, in a source that is compiled.

Indentation, blank lines, imports and `@main` are left out of the comparison. What begins with a dot is a part of a
manifest, which has no source of its own. In the tables of the pages on migration, the code of the last column must stand
somewhere in a line.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "Sources/Martlet/Martlet.docc").glob("*.md"))]
MIGRATION = [ROOT / "Sources/Martlet/Martlet.docc" / name for name in ("MigratingFromSocketIO.md", "SwiftClient.md")]
SOURCES = [*(ROOT / "Tests/DocumentationTests").glob("*.swift"), *(ROOT / "Demo/Tests").rglob("*.swift")]
SAMPLE = re.compile(r"^```swift\n(.*?)^```", re.MULTILINE | re.DOTALL)


def lines(text):
    stripped = (line.strip().removeprefix("@main ") for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("import ")]


def stands_in(sample, source):
    return any(source[start:start + len(sample)] == sample for start in range(len(source) - len(sample) + 1))


sources = [lines(path.read_text()) for path in SOURCES]
count = 0
for page in PAGES:
    for match in SAMPLE.finditer(page.read_text()):
        sample = lines(match[1])
        if sample[0].startswith("."):
            continue
        count += 1
        if not any(stands_in(sample, source) for source in sources):
            line = page.read_text()[:match.start()].count("\n") + 1
            print(f"{page.relative_to(ROOT)}:{line}: no compiled source has this sample:\n{match[1]}", file=sys.stderr)
            sys.exit(1)
text = " ".join(" ".join(source) for source in sources)
for page in MIGRATION:
    for row in re.findall(r"^\| `.*` \| (.*) \|$", page.read_text(), re.MULTILINE):
        for code in re.findall(r"`([^`]+)`", row):
            count += 1
            if code not in text and code != "MartletMessagePack":
                print(f"{page.relative_to(ROOT)}: no compiled source has `{code}`", file=sys.stderr)
                sys.exit(1)
print(f"{count} samples are compiled")
