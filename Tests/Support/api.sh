#!/usr/bin/env bash
# Compares the public API with the lists in Tests/PublicAPI, and fails if they differ.
#   api.sh            checks
#   api.sh --update   writes the lists
set -euo pipefail
cd "$(dirname "$0")/../.."
graphs=.build/api-graphs
lists=.build/api
Tests/Support/symbols.sh "$graphs"
mkdir -p "$lists"
python3 Tests/Support/api.py "$graphs" Martlet MartletEngine MartletEvents MartletShared >"$lists/Martlet.txt"
for module in MartletAdmin MartletClient MartletForwarding MartletMessagePack MartletNATS MartletObservability MartletRedis MartletTLS MartletTesting; do
    python3 Tests/Support/api.py "$graphs" $module >"$lists/$module.txt"
done
python3 Tests/Support/api.py --names "$graphs" Martlet MartletAdmin MartletClient MartletEngine MartletEvents MartletForwarding \
    MartletMessagePack MartletNATS MartletObservability MartletRedis MartletShared MartletTLS MartletTesting >"$lists/Names.txt"

if [[ "${1:-}" == --update ]]; then
    cp "$lists"/*.txt Tests/PublicAPI/
elif ! diff --recursive --unified=0 Tests/PublicAPI "$lists"; then
    echo "the public API is another than Tests/PublicAPI says; where that is meant, run 'make api'" >&2
    exit 1
fi
