#!/usr/bin/env bash
# Builds Jaeger from its Go module, into a folder of its own in the cache. Needs go; a first build takes some minutes. Nothing is started.
set -euo pipefail

version=1.62.0
folder="${XDG_CACHE_HOME:-$HOME/.cache}/proxyless-servers/jaeger-$version"
if [ ! -x "$folder/jaeger" ]; then
  mkdir -p "$folder"
  cd "$(dirname "${BASH_SOURCE[0]}")/../test/servers/jaeger"
  go build -trimpath -ldflags '-s -w' -o "$folder/jaeger" github.com/jaegertracing/jaeger/cmd/all-in-one
fi
echo "servers: Jaeger $version is here"
