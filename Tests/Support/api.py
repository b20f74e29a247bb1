#!/usr/bin/env python3
"""Lists the public declarations in symbol graphs: each type with its protocols, and under it its members.

api.py FOLDER MODULE…
api.py --names FOLDER MODULE…   the names only, for an overview

A member that a protocol of another package asks for is told by the conformance, and not listed. The constraints of
arguments and replies, the same everywhere, are left out.
"""

import json
import re
import sys
import textwrap
from pathlib import Path

# Every type has them unless it says otherwise, and newer compilers tell of more.
IMPLIED = {"Copyable", "Escapable", "SendableMetatype"}
# What the library's and NIO's protocols ask for.
WITNESSES = re.compile(
    r"^(==\(_:_:\)|hash\(into:\)|description|init\(rawValue:\)|rawValue|encode\(to:\)|init\(from:\)|init\(stringLiteral:\)"
    r"|makeAsyncIterator\(\)|AsyncIterator|next\(\)|\w+\(context:.*|(In|Out)bound(In|Out))$"
)


def declaration(symbol):
    text = " ".join("".join(fragment["spelling"] for fragment in symbol["declarationFragments"]).split())
    return re.sub(r" where .*\b(Encodable|Decodable|Sendable)\b.*$", "", text).removeprefix("@discardableResult ")


arguments = [argument for argument in sys.argv[1:] if argument != "--names"]
folder, modules = Path(arguments[0]), arguments[1:]
graphs = [
    json.loads(path.read_text())
    for module in modules
    for path in [folder / f"{module}.symbols.json", *folder.glob(f"{module}@*.symbols.json")]
]
symbols = [symbol for graph in graphs for symbol in graph["symbols"]]
names = {symbol["identifier"]["precise"]: ".".join(symbol["pathComponents"]) for symbol in symbols}
protocols = {}
for relation in (relation for graph in graphs for relation in graph["relationships"]):
    if relation["kind"] in ("conformsTo", "inheritsFrom") and relation["source"] in names:
        target = names.get(relation["target"]) or relation.get("targetFallback", relation["target"])
        target = target.removeprefix("Swift.")
        if target not in IMPLIED:
            protocols.setdefault(names[relation["source"]], set()).add(target)

types, members, titles = {}, {}, {}
for symbol in symbols:
    path = symbol["pathComponents"]
    if symbol["kind"]["identifier"] in ("swift.struct", "swift.class", "swift.enum", "swift.protocol"):
        types[".".join(path)] = declaration(symbol).replace(path[-1], ".".join(path), 1)
    elif not WITNESSES.match(path[-1]):
        parent = ".".join(path[:-1]) or modules[0]
        members.setdefault(parent, set()).add(declaration(symbol))
        titles.setdefault(parent, set()).add(path[-1].split("(")[0])
for name in sorted(types | members):
    if name.split(".")[-1] == "AsyncIterator":
        continue
    if "--names" in sys.argv:
        text = f"{name}: {', '.join(sorted(titles.get(name, ())))}".removesuffix(": ")
        print(textwrap.fill(text, 118, subsequent_indent="    "))
        continue
    head = types.get(name, f"extension {name}")
    conformances = ", ".join(sorted(protocols.get(name, ())))
    print(f"{head.split(' : ')[0]}: {conformances}" if conformances else head)
    for member in sorted(members.get(name, ())):
        print(f"    {member}")
