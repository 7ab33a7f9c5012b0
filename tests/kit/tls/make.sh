#!/bin/sh
# Makes the certificates of the TLS tests anew: an authority, and one certificate signed by it that
# serves both sides of a connection over loopback. They protect nothing.
set -eu
cd "$(dirname "$0")"
days=36500
ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $ec -days $days -subj "/CN=Test authority" \
    -addext "keyUsage=critical,keyCertSign" -keyout ca.key -out ca.pem
openssl req -x509 $ec -days $days -subj "/CN=localhost" -CA ca.pem -CAkey ca.key \
    -addext "basicConstraints=critical,CA:FALSE" \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
    -addext "extendedKeyUsage=serverAuth,clientAuth" -keyout peer.key -out peer.pem
rm ca.key
