#!/usr/bin/env bash
# Writes the symbol graphs of the public API: its declarations and comments, as the compiler knows them. Uses the debug
# build: SwiftPM's own command for symbol graphs would compile everything once more.
#   symbols.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1
rm -rf "$folder"
mkdir -p "$folder"

for module in Martlet MartletAdmin MartletClient MartletForwarding MartletMessagePack MartletNATS MartletObservability MartletRedis MartletTLS MartletTesting; do swift build --target "$module" >/dev/null; done
build=$(swift build --show-bin-path)
options=(-I "$build/Modules" -target "$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -n 1)")
# The C modules that these modules import: SwiftPM has made their module maps, or they lie beside their sources.
while read -r map; do
    options+=(-Xcc "-fmodule-map-file=$map")
done < <(
    find "$build"/*.build -maxdepth 1 -name module.modulemap
    find .build/checkouts/*/Sources Sources -name module.modulemap
)
[[ $(uname -s) != Darwin ]] || options+=(-sdk "$(xcrun --show-sdk-path)")
# The API of `import Martlet` is declared in several modules.
for module in Martlet MartletAdmin MartletClient MartletEngine MartletEvents MartletForwarding MartletMessagePack MartletNATS MartletObservability MartletRedis MartletShared MartletTLS MartletTesting; do
    swift symbolgraph-extract -module-name "$module" "${options[@]}" -output-dir "$folder" \
        -minimum-access-level public -skip-synthesized-members
done
