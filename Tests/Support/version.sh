#!/usr/bin/env bash
# Prints the version of Martlet: that of the newest entry in the change log. Fails if another file names a different
# version.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^## //p' .github/CHANGELOG.md | head -n 1)
if [[ ! "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    echo "CHANGELOG.md: '$version', its first entry, is no version" >&2
    exit 1
fi

agrees() {
    [[ "$2" == "$version" ]] && return
    echo "$1 has the version '$2', CHANGELOG.md begins with $version" >&2
    exit 1
}
agrees README.md "$(sed -n 's/^\.package(url: .*, from: "\(.*\)").*/\1/p' README.md)"
agrees ClientJS/package.json "$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' ClientJS/package.json)"
echo "$version"
