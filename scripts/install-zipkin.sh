#!/usr/bin/env bash
# Installs Zipkin from Maven Central, into a folder of its own in the cache. Needs mvn, and java 17 to run it; nothing is started.
set -euo pipefail

version=3.6.1
folder="${XDG_CACHE_HOME:-$HOME/.cache}/proxyless-servers/zipkin-$version"
if [ ! -f "$folder/zipkin.jar" ]; then
  mkdir -p "$folder"
  mvn --quiet --batch-mode dependency:copy "-Dartifact=io.zipkin:zipkin-server:$version:jar:exec" "-DoutputDirectory=$folder"
  mv "$folder/zipkin-server-$version-exec.jar" "$folder/zipkin.jar"
fi
echo "servers: Zipkin $version is here"
