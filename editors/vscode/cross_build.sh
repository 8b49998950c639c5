#!/bin/sh
# Prepares building for another system; for build_for.sh and tests/emulated.sh to source.
#
# They set REPOSITORY, `triple` (rustc's name of the system) and `fail`, a function that prints why
# and exits. They get BUILD, the folder to build in, cargo-zigbuild in PATH, and with_library,
# arguments for it.
#
# Zig is the C compiler and linker: it brings the C library of every target, and old versions of
# glibc. It comes with cargo-zigbuild, which runs cargo with it, from Python's registry. If the Rust
# of this machine has no library for the target, Debian's Rust is unpacked, which has the library's
# source, and the library is built too. All is fetched once, into target/cross. Needs cargo, a C
# compiler, Python 3.9 or newer, and Debian for all targets that `rustup target add` has not
# prepared.
# shellcheck shell=sh disable=SC2034,SC2154

ZIGBUILD=0.24.1
ZIG=0.17.1
BUILD=${CARGO_TARGET_DIR:-$REPOSITORY/target}/cross

command -v cargo >/dev/null || fail "please install Rust 1.90 or newer (rustup.rs)"
command -v cc >/dev/null || fail "please install a C compiler; build scripts are linked by it"
command -v python3 >/dev/null || fail "please install Python 3.9 or newer"

venv=$BUILD/venv-$ZIGBUILD-$ZIG
if [ ! -x "$venv/bin/cargo-zigbuild" ]; then
    echo "fetching Zig $ZIG and cargo-zigbuild $ZIGBUILD" >&2
    python3 -m venv "$venv" >&2 || fail "please install Python's venv (on Debian: python3-venv)"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        "ziglang==$ZIG" "cargo-zigbuild==$ZIGBUILD" >&2 ||
        fail "pip install failed; is Python's registry reachable?"
fi
PATH=$venv/bin:$PATH
export ZIG_GLOBAL_CACHE_DIR="$BUILD/zig" CARGO_ZIGBUILD_CACHE_DIR="$BUILD/zigbuild"

# Debian's rustc finds its LLVM only by its own loader, and cargo its libraries by get_debian.sh.
debian_rust() {
    root=$(CARGO_TARGET_DIR=$BUILD "$REPOSITORY/tests/editors/get_debian.sh" \
        rust usr/bin/cargo cargo rustc rust-src)
    libraries=$root/usr/lib/$(uname -m)-linux-gnu
    loader=$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
        "$loader" "$libraries" "$root/usr/bin/rustc" > "$BUILD/rustc"
    chmod 755 "$BUILD/rustc"
    export RUSTC="$BUILD/rustc" CARGO="$root/usr/bin/cargo"
    # The linker has to look here, although the library is built elsewhere.
    mkdir -p "$root/usr/lib/rustlib/$triple/lib"
    # Building the library is not stable in cargo yet.
    export RUSTC_BOOTSTRAP=1
    with_library="-Z build-std=std,panic_abort"
}
with_library=''
found=$(cd "$REPOSITORY" && rustc --print target-libdir --target "$triple" 2>/dev/null) || found=''
[ -n "$(find "$found" -name 'libstd-*' 2>/dev/null)" ] || debian_rust
export CARGO_TARGET_DIR="$BUILD"
