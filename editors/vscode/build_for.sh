#!/bin/sh
# Builds `nigh` for other systems than this one, and for older ones.
#
#   build_for.sh TARGET
#
# TARGET is one of VS Code's names; the list below has what is built for each. Prints only the path
# of the program. Called by package.sh. cross_build.sh fetches what this needs.
set -eu

# What VS Code itself needs on Linux.
GLIBC=2.28

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../.." && pwd)

fail() { echo "build_for.sh: $*" >&2; exit 1; }

[ $# = 1 ] || fail "give one target; the list in this script names them"
suffix='' libc='' flags=''
case $1 in
    linux-x64) triple=x86_64-unknown-linux-gnu libc=.$GLIBC ;;
    linux-arm64) triple=aarch64-unknown-linux-gnu libc=.$GLIBC ;;
    # Zig brings what a program starts with.
    alpine-x64) triple=x86_64-unknown-linux-musl flags='-C link-self-contained=no' ;;
    alpine-arm64) triple=aarch64-unknown-linux-musl flags='-C link-self-contained=no' ;;
    # rustc would strip after the linker, which signs, with a tool of Apple's or its own.
    darwin-x64) triple=x86_64-apple-darwin flags='-C strip=none -C link-arg=-s' ;;
    darwin-arm64) triple=aarch64-apple-darwin flags='-C strip=none -C link-arg=-s' ;;
    win32-x64) triple=x86_64-pc-windows-gnullvm suffix=.exe ;;
    *) fail "there is no target '$1'; the list in this script names them" ;;
esac
# shellcheck source=editors/vscode/cross_build.sh
. "$HERE/cross_build.sh"

echo "building nigh for $triple$libc (about five minutes on two idle cores)" >&2
# Flags of this machine, such as those for its own processor, must not get into the program.
export RUSTFLAGS="$flags"
# shellcheck disable=SC2086 # with_library is several arguments
(cd "$REPOSITORY" && cargo-zigbuild zigbuild --release --locked --quiet --package nigh \
    --target "$triple$libc" $with_library) >&2 || fail "the build for $triple failed"
program=$BUILD/$triple/release/nigh$suffix
if [ -n "$libc" ]; then
    # The versions of symbols are in the file as text.
    needs=$(grep -ao 'GLIBC_[0-9.]*' "$program" | cut -d _ -f 2 | sort -uV | tail -n 1)
    [ "$(printf '%s\n' "$needs" $GLIBC | sort -V | tail -n 1)" = $GLIBC ] ||
        fail "$program needs glibc $needs, not $GLIBC"
fi
echo "$program"
