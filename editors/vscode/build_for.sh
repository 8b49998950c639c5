#!/bin/sh
# Builds `nigh` for other systems than this one, and for older ones: build_for.sh TARGET
#
# TARGET is one of VS Code's names; the list below says what is built for it. Prints the path of the program, and nothing
# else, on stdout. Called by package.sh.
#
# Zig is the C compiler and linker: it brings the C library of every target, and old glibc's on demand. It comes from PyPI with
# cargo-zigbuild, which puts it below cargo. Where the Rust of this machine has no library for the target, a Rust of Debian's is
# unpacked that has the library's source, and the library is built along. All is fetched once, into target/cross. Needs cargo, a C
# compiler, Python 3.9 or newer, and Debian for all targets that `rustup target add` has not prepared.
set -eu

# What VS Code itself needs on Linux.
GLIBC=2.28
ZIGBUILD=0.24.1
ZIG=0.17.1

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../.." && pwd)
BUILD=${CARGO_TARGET_DIR:-$REPOSITORY/target}/cross

fail() { echo "build_for.sh: $*" >&2; exit 1; }

[ $# = 1 ] || fail "give one target; the list in this script names them"
suffix= libc= flags=
case $1 in
    linux-x64) triple=x86_64-unknown-linux-gnu libc=.$GLIBC ;;
    linux-arm64) triple=aarch64-unknown-linux-gnu libc=.$GLIBC ;;
    # Zig brings what a program starts with.
    alpine-x64) triple=x86_64-unknown-linux-musl flags='-C link-self-contained=no' ;;
    alpine-arm64) triple=aarch64-unknown-linux-musl flags='-C link-self-contained=no' ;;
    # rustc would strip with a tool of Apple's or its own, behind the linker, which signs.
    darwin-x64) triple=x86_64-apple-darwin flags='-C strip=none -C link-arg=-s' ;;
    darwin-arm64) triple=aarch64-apple-darwin flags='-C strip=none -C link-arg=-s' ;;
    win32-x64) triple=x86_64-pc-windows-gnullvm suffix=.exe ;;
    *) fail "there is no target '$1'; the list in this script names them" ;;
esac
command -v cargo >/dev/null || fail "please install Rust 1.90 or newer (rustup.rs)"
command -v cc >/dev/null || fail "please install a C compiler; what runs during the build is linked by it"
command -v python3 >/dev/null || fail "please install Python 3.9 or newer"

venv=$BUILD/venv-$ZIGBUILD-$ZIG
if [ ! -x "$venv/bin/cargo-zigbuild" ]; then
    echo "fetching Zig $ZIG and cargo-zigbuild $ZIGBUILD" >&2
    python3 -m venv "$venv" >&2 || fail "please install Python's venv (on Debian: python3-venv)"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        "ziglang==$ZIG" "cargo-zigbuild==$ZIGBUILD" >&2 || fail "pip install failed; is PyPI within reach?"
fi
PATH=$venv/bin:$PATH
export ZIG_GLOBAL_CACHE_DIR="$BUILD/zig" CARGO_ZIGBUILD_CACHE_DIR="$BUILD/zigbuild"

# Debian's rustc finds its LLVM only by the loader that belongs to it, and cargo its libraries by get_debian.sh.
debian_rust() {
    root=$(CARGO_TARGET_DIR=$BUILD "$REPOSITORY/tests/editors/get_debian.sh" rust usr/bin/cargo cargo rustc rust-src)
    libraries=$root/usr/lib/$(uname -m)-linux-gnu
    loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$root/usr/bin/rustc" > "$BUILD/rustc"
    chmod 755 "$BUILD/rustc"
    export RUSTC="$BUILD/rustc" CARGO="$root/usr/bin/cargo"
    # The linker is told to look here, though what is built along lies elsewhere.
    mkdir -p "$root/usr/lib/rustlib/$triple/lib"
    # Building the library is not stable in cargo yet.
    export RUSTC_BOOTSTRAP=1
    with_library="-Z build-std=std,panic_abort"
}
with_library=
found=$(cd "$REPOSITORY" && rustc --print target-libdir --target $triple 2>/dev/null) || found=
[ -n "$(find "$found" -name 'libstd-*' 2>/dev/null)" ] || debian_rust

echo "building nigh for $triple$libc (about five minutes on two idle cores)" >&2
# Flags of this machine, such as those for its own processor, must not get into the program.
export CARGO_TARGET_DIR="$BUILD" RUSTFLAGS="$flags"
(cd "$REPOSITORY" && cargo-zigbuild zigbuild --release --locked --quiet --package nigh --target $triple$libc $with_library) >&2 ||
    fail "the build for $triple failed"
program=$BUILD/$triple/release/nigh$suffix
if [ -n "$libc" ]; then
    # The versions of symbols stand in the file as text.
    needs=$(grep -ao 'GLIBC_[0-9.]*' "$program" | cut -d _ -f 2 | sort -uV | tail -n 1)
    [ "$(printf '%s\n' "$needs" $GLIBC | sort -V | tail -n 1)" = $GLIBC ] || fail "$program needs glibc $needs, not $GLIBC"
fi
echo "$program"
