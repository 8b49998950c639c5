#!/bin/sh
# Prints the path of a Neovim of version 0.12 or later on stdout, and nothing else.
#
# Called by run.sh and record.sh. A new enough `nvim` on PATH is taken as it is; otherwise Debian's newer package is unpacked
# into target/neovim of this repository (../get_debian.sh). Progress goes to stderr.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)

# True when the program runs and says it is 0.12 or later.
new_enough() {
    version=$("$1" --version 2>/dev/null | sed -n '1s/^NVIM v//p') || return 1
    case $version in
        ''|0.[0-9].*|0.10.*|0.11.*|0.12.0-dev*) return 1 ;;
    esac
}

if found=$(command -v nvim) && new_enough "$found"; then echo "$found"; exit 0; fi
NVIM=$("$HERE/../get_debian.sh" neovim usr/bin/nvim neovim)/usr/bin/nvim
new_enough "$NVIM" || { echo "get_neovim.sh: the unpacked Neovim does not run: $("$NVIM" --version 2>&1 | head -n 3)" >&2; exit 1; }
echo "$NVIM"
