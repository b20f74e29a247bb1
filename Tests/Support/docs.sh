#!/usr/bin/env bash
# Builds the guide and the API reference of `import Martlet`, as pages for a browser. Fails at a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."
graphs=.build/documentation-graphs
output=.build/documentation
rm -rf "$output"
Tests/Support/symbols.sh "$graphs"
rm "$graphs"/MartletTesting*.json
docc convert Sources/Martlet/Martlet.docc \
    --additional-symbol-graph-dir "$graphs" --output-path "$output" \
    --fallback-display-name Martlet --fallback-bundle-identifier martlet --warnings-as-errors
echo "the guide is in $output"
