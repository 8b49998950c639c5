#!/usr/bin/env bash
# Makes the certificates of `tests/encrypted_engine.rs`: an authority, a server on localhost that it
# vouches for, one of another host, one that is expired, and a server that a stranger vouches for.
# The authorities' keys are thrown away.
set -euo pipefail
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

key() {
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform "$1" -out "$2"
}

authority() {
    key PEM "$keys/$1.key"
    openssl req -x509 -new -key "$keys/$1.key" -days 36500 -subj "/CN=nigh tests: $1" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out "$2"
}

# Name, authority, its certificate, host, and days until it ends.
server() {
    key DER "$1.key.der"
    openssl req -new -key "$1.key.der" -keyform DER -subj "/CN=$4" -out "$keys/$1.csr"
    openssl x509 -req -in "$keys/$1.csr" -CA "$3" -CAkey "$keys/$2.key" -days "$5" \
        -extfile <(echo "subjectAltName=DNS:$4") -outform DER -out "$1.der"
}

authority authority authority.pem
authority stranger "$keys/stranger.pem"
server localhost authority authority.pem localhost 36500
server another authority authority.pem another.example 36500
server expired authority authority.pem localhost 0
server unknown stranger "$keys/stranger.pem" localhost 36500
