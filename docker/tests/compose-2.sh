#!/usr/bin/env bash
# Provides `docker compose` (Compose 2) on a Debian whose own package is still docker-compose 1.29:
# takes the one of Debian 13 and unpacks its one program, without installing anything.
set -euo pipefail

! docker compose version >/dev/null 2>&1 || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
chmod -R a+rX "$scratch"
# From wherever this machine has its own packages.
# shellcheck disable=SC2016 # a template of apt-get
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | sed -n 1p)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site trixie main" >"$scratch/sources.list"
cat >"$scratch/apt.conf" <<CONF
Dir::Etc::sourcelist "$scratch/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$scratch/lists";
Dir::Cache "$scratch/cache";
CONF
export APT_CONFIG=$scratch/apt.conf
cd "$scratch"
apt-get update -qq
apt-get download -qq docker-compose 2>/dev/null
dpkg-deb --extract docker-compose_*.deb unpacked
install -D unpacked/usr/libexec/docker/cli-plugins/docker-compose "${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins/docker-compose"
docker compose version
