#!/bin/sh
# Unpacks Debian packages with everything they need into a folder, and prints only that folder.
#
#   get_debian.sh NAME PROGRAM PACKAGE...
#
# NAME is a folder below target/, PROGRAM such as usr/bin/nvim. Called by the run.sh of each editor.
# The packages are those of a newer suite, with their own libc, so the host's packages and package
# lists stay as they are and root is not needed. PROGRAM is made to load that libc; everything else
# is as unpacked. The second call finds the result in place. Progress goes to stderr.
set -eu

SUITE=${SUITE:-forky}
REPOSITORY=$(cd "$(dirname "$0")/../.." && pwd)
name=$1 program=$2
shift 2
PREFIX=${CARGO_TARGET_DIR:-$REPOSITORY/target}/$name
ROOT=$PREFIX/root

fail() { echo "get_debian.sh: $*" >&2; exit 1; }

# What the folder was made from; when that changes, it is made again.
made_from="$SUITE $program $*"
if [ "$(cat "$PREFIX/made-from" 2>/dev/null)" = "$made_from" ]; then echo "$ROOT"; exit 0; fi

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -r "$KEYRING" ] ||
    fail "only Debian can be served from here: please install $name yourself"

# The archive this machine already installs from, whichever form its source list has.
# shellcheck disable=SC2016 # apt-get expands it
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -v security | head -n 1)
[ -n "$archive" ] ||
    fail "apt-get knows no package archive: check /etc/apt/sources.list.d, or install $name"

echo "unpacking $* from Debian $SUITE into $PREFIX" >&2
rm -rf "$PREFIX"
mkdir -p "$PREFIX/apt/lists/partial" "$PREFIX/apt/cache/archives/partial" "$ROOT/usr"
: > "$PREFIX/apt/status"
echo "deb [signed-by=$KEYRING] $archive $SUITE main" > "$PREFIX/apt/sources.list"

# An apt of its own: with an empty list of installed packages it fetches the whole closure.
private_apt() {
    apt-get -q \
        -o Dir::Etc::sourcelist="$PREFIX/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$PREFIX/apt/lists" -o Dir::State::status="$PREFIX/apt/status" \
        -o Dir::Cache="$PREFIX/apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Keep-Downloaded-Packages=true \
        -o Binary::apt-get::APT::Keep-Downloaded-Packages=true \
        "$@" > "$PREFIX/apt/log" 2>&1 ||
        { tail -n 20 "$PREFIX/apt/log" >&2; fail "apt-get $1 failed"; }
}
private_apt update
private_apt install -y --no-install-recommends --download-only "$@" patchelf

for directory in bin lib lib64 sbin; do
    mkdir -p "$ROOT/usr/$directory"
    ln -s "usr/$directory" "$ROOT/$directory"
done
for package in "$PREFIX"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$ROOT" --keep-directory-symlink
done

# The program must load its own libc, also when it starts itself again. A static one loads none.
libraries=$(dirname "$(find "$ROOT/usr/lib" -name libc.so.6 | head -n 1)")
loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)
[ -n "$loader" ] || fail "no program loader among the unpacked packages"
[ -f "$ROOT/$program" ] || fail "there is no $program in $*"
patchelf() { "$loader" --library-path "$libraries" "$ROOT/usr/bin/patchelf" "$@" "$ROOT/$program"; }
if patchelf --print-interpreter >/dev/null 2>&1; then
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries"
fi
rm -rf "$PREFIX/apt"
echo "$made_from" > "$PREFIX/made-from"
echo "$ROOT"
