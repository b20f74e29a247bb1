#!/usr/bin/env bash
# Installs the packages for building and testing that this machine lacks.
#   setup.sh          packages for building
#   setup.sh test     packages for testing as well
set -euo pipefail

if ! command -v swift >/dev/null; then
    echo "Martlet needs Swift 6.2 or later: https://www.swift.org/install/" >&2
    exit 1
fi
# Systems without apt name these packages differently. There a missing package shows when building.
command -v apt-get >/dev/null || exit 0

packages=(zlib1g-dev pkg-config)
if [[ "${1:-}" == test ]]; then
    packages+=(python3 python3-venv python3-pip curl ca-certificates procps esbuild node-typescript chromium nginx haproxy
        redis-server openssl nats-server libnats-dev prometheus)
    command -v node >/dev/null || packages+=(nodejs)
fi
missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ "$status" == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "installing ${missing[*]}"
root=()
[[ $(id -u) -eq 0 ]] || root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
"${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

# The tests start these servers themselves; the packages' services would occupy the usual ports.
for service in nginx haproxy redis-server nats-server prometheus; do
    [[ " ${missing[*]} " == *" $service "* ]] || continue
    "${root[@]}" service "$service" stop >/dev/null 2>&1 || true  # It may not have started.
    "${root[@]}" update-rc.d "$service" disable >/dev/null 2>&1 || true
done
