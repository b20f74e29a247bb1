#!/usr/bin/env bash
# Builds the guide and the reference of what `import Martlet` brings, as pages for a browser. Fails at a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."
graphs=.build/documentation-graphs
output=.build/documentation
rm -rf "$graphs" "$output"
mkdir -p "$graphs"

swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >/dev/null
# What Martlet's users see is declared in several modules; to them it is all one.
for module in Martlet MartletEngine MartletEvents; do
    find .build/*/symbolgraph \( -name "$module.symbols.json" -o -name "$module@*.symbols.json" \) -exec cp {} "$graphs" \;
done
docc convert Sources/Martlet/Martlet.docc \
    --additional-symbol-graph-dir "$graphs" --output-path "$output" \
    --fallback-display-name Martlet --fallback-bundle-identifier martlet --warnings-as-errors
echo "the guide is in $output"
