#!/usr/bin/env bash
# Writes the symbol graphs of what users see: their declarations and comments, as the compiler knows them. From the debug
# build: SwiftPM's own command for it would compile everything once more.
#   symbols.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1
rm -rf "$folder"
mkdir -p "$folder"

for module in Martlet MartletTesting; do swift build --target "$module" >/dev/null; done
build=$(swift build --show-bin-path)
options=(-I "$build/Modules" -target "$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",$/\1/p' | head -n 1)")
# The C modules of those that are asked about, which SwiftPM has made module maps for or found with their sources.
while read -r map; do
    options+=(-Xcc "-fmodule-map-file=$map")
done < <(
    find "$build"/*.build -maxdepth 1 -name module.modulemap
    find .build/checkouts/*/Sources Sources -name module.modulemap
)
[[ $(uname -s) != Darwin ]] || options+=(-sdk "$(xcrun --show-sdk-path)")
# What `import Martlet` brings is declared in several modules.
for module in Martlet MartletEngine MartletEvents MartletTesting; do
    swift symbolgraph-extract -module-name "$module" "${options[@]}" -output-dir "$folder" \
        -minimum-access-level public -skip-synthesized-members
done
