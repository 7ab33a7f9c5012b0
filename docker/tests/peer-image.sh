#!/usr/bin/env bash
# Makes the image that a compose file names for Jaeger, Tempo or Grafana, for a machine without a registry.
# The first two are made from the programs that JAEGER and TEMPO name, on the Debian of docker/Dockerfile, and
# lie where their own images have them. Grafana has no program to be given: its image only says that it is well.
# Prints the image's name, so that the caller can remove it. Needs what base-images.sh provides.
# usage: peer-image.sh IMAGE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

image=${1%@*} # the digest is the registry's
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

given() { # VARIABLE: brings the program that it names
    [[ -n ${!1:-} ]] || {
        echo "peer-image: $1 does not name a program, so that $image cannot be made" >&2
        return 1
    }
    cp -L "${!1}" "$scratch/program"
}

debian=$(sed -n 's/^ARG DEBIAN_IMAGE=//p' docker/Dockerfile)
with_wget="RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends busybox >/dev/null && ln -s /bin/busybox /usr/bin/wget"
case $image in
    */jaeger:*)
        given JAEGER
        cat >"$scratch/Dockerfile" <<DOCKERFILE
FROM $debian
$with_wget
COPY program /cmd/jaeger/jaeger-linux
ENTRYPOINT ["/cmd/jaeger/jaeger-linux"]
DOCKERFILE
        ;;
    */tempo:*)
        given TEMPO
        cat >"$scratch/Dockerfile" <<DOCKERFILE
FROM $debian
COPY program /tempo
RUN install -d -o 10001 -g 10001 -m 700 /var/tempo
ENTRYPOINT ["/tempo"]
DOCKERFILE
        ;;
    */grafana:*)
        cat >"$scratch/Dockerfile" <<DOCKERFILE
FROM $debian
$with_wget
RUN mkdir -p /www/api && echo ok >/www/api/health && install -d -o 472 -g 0 /var/lib/grafana
ENTRYPOINT ["busybox", "httpd", "-f", "-p", "3000", "-h", "/www"]
DOCKERFILE
        ;;
    *)
        echo "peer-image: $image is of none of the programs that can be given" >&2
        exit 1
        ;;
esac
docker build --quiet --tag "$image" "$scratch" >/dev/null
echo "$image"
