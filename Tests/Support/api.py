#!/usr/bin/env python3
"""Lists the public declarations in symbol graphs, one a line: its path, and how it is declared.

api.py FOLDER MODULE…
"""

import json
import sys
from pathlib import Path

# Every type has them unless it says otherwise, and newer compilers tell of more.
IMPLIED = {"Copyable", "Escapable", "SendableMetatype"}


def declaration(symbol):
    text = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
    return " ".join(text.split())


folder, modules = Path(sys.argv[1]), sys.argv[2:]
graphs = [
    json.loads(path.read_text())
    for module in modules
    for path in [folder / f"{module}.symbols.json", *folder.glob(f"{module}@*.symbols.json")]
]
names = {
    symbol["identifier"]["precise"]: ".".join(symbol["pathComponents"])
    for graph in graphs
    for symbol in graph["symbols"]
}
lines = set()
for graph in graphs:
    for symbol in graph["symbols"]:
        lines.add(f"{'.'.join(symbol['pathComponents'])}  {declaration(symbol)}")
    for relation in graph["relationships"]:
        if relation["kind"] not in ("conformsTo", "inheritsFrom") or relation["source"] not in names:
            continue
        target = names.get(relation["target"]) or relation.get("targetFallback", relation["target"])
        target = target.removeprefix("Swift.")
        if target not in IMPLIED:
            lines.add(f"{names[relation['source']]}  : {target}")
print("\n".join(sorted(lines)))
