#!/usr/bin/env bash
# Installs what the integration tests and the chaos run need: Envoy, Zipkin, Jaeger, nginx, dnsmasq, nft, Redis, Prometheus and Chromium. Only what is
# missing, and nothing is started: the tests run them on loopback ports of their own. Needs Debian or Ubuntu, and root or sudo.
set -euo pipefail

"$(dirname "${BASH_SOURCE[0]}")/install-envoy.sh"
# Zipkin wants mvn and java, Jaeger wants go: a machine that lacks them runs the other tests.
if command -v mvn >/dev/null && command -v java >/dev/null; then "$(dirname "${BASH_SOURCE[0]}")/install-zipkin.sh"; fi
if command -v go >/dev/null; then "$(dirname "${BASH_SOURCE[0]}")/install-jaeger.sh"; fi

missing=()
PATH="$PATH:/usr/sbin:/sbin"
command -v nginx >/dev/null || missing+=(nginx)
command -v dnsmasq >/dev/null || missing+=(dnsmasq)
command -v nft >/dev/null || missing+=(nft)
command -v redis-server >/dev/null || missing+=(redis-server)
# The package has promtool as well.
command -v prometheus >/dev/null || missing+=(prometheus)
command -v chromium >/dev/null || missing+=(chromium)
if [ ${#missing[@]} -eq 0 ]; then
  echo "servers: nginx, dnsmasq, nft, redis-server, prometheus and chromium are here"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "servers: ${missing[*]} missing, and this machine has no apt-get to install them with" >&2
  exit 1
fi
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo -n)

# dnsmasq-base is the program without the system service. For nginx and prometheus there is no such package, so a service policy says no while it installs.
packages=()
for name in "${missing[@]}"; do
  case "$name" in
    nginx) packages+=(nginx-light) ;;
    dnsmasq) packages+=(dnsmasq-base) ;;
    nft) packages+=(nftables) ;;
    redis-server) packages+=(redis-server) ;;
    prometheus) packages+=(prometheus) ;;
    # Text in screenshots and in the accessibility tests needs a font.
    chromium) packages+=(chromium fonts-dejavu-core) ;;
  esac
done

policy=/usr/sbin/policy-rc.d
placed=no
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod 755 "$policy"
  placed=yes
fi
remove_policy() { [ "$placed" = no ] || "${root[@]}" rm -f "$policy"; }
trap remove_policy EXIT

install_packages() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}
"${root[@]}" apt-get update -qq </dev/null
# nginx-light became a part of nginx in newer releases.
install_packages "${packages[@]}" || install_packages "${packages[@]/#nginx-light/nginx}"
for name in "${missing[@]}"; do
  command -v "$name" >/dev/null || { echo "servers: $name is still missing" >&2; exit 1; }
done
echo "servers: installed ${missing[*]}"
