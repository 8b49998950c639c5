#!/bin/sh
# Runs the tests of the CPU kernels for 64-bit ARM on emulated processors.
#
# Every kernel is compared with its reference on three processors: one with int8 products of
# matrices, one with only dot products, one with neither. This shows that results are right, not how
# fast they are. Not part of `./test`, because the first call builds the kernels and Rust's library
# for ARM. Needs what editors/vscode/cross_build.sh needs, and QEMU: `qemu-aarch64` from PATH, or
# else Debian's, which is unpacked into target/. Ends with "passed" and status 0, or with what
# failed.
set -eu

REPOSITORY=$(cd "$(dirname "$0")/.." && pwd)
fail() { echo "emulated.sh: $*" >&2; exit 1; }

[ $# = 0 ] || fail "it takes no arguments"
# Linked statically, so that the emulator needs no library of the other system.
triple=aarch64-unknown-linux-musl
# shellcheck source=editors/vscode/cross_build.sh
. "$REPOSITORY/editors/vscode/cross_build.sh"
qemu=$(command -v qemu-aarch64) ||
    qemu=$("$REPOSITORY/tests/editors/get_debian.sh" qemu usr/bin/qemu-aarch64 \
        qemu-user)/usr/bin/qemu-aarch64

# No flags of this machine, such as those for its own processor. Zig brings a program's start code.
export RUSTFLAGS='-C link-self-contained=no'
# The tests' own library is one more.
[ -z "$with_library" ] || with_library=$with_library,test
# Without the vectors of variable length, which no kernel uses and which are slow to emulate.
while read -r processor expected; do
    echo "== $processor, where $expected is the best" >&2
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER="$qemu -cpu $processor"
    export EXPECTED_ISA="$expected"
    # shellcheck disable=SC2086 # with_library is several arguments
    (cd "$REPOSITORY" && cargo-zigbuild test --locked --quiet --package kernels --lib \
        --target "$triple" $with_library -- --include-ignored) < /dev/null ||
        fail "a test failed on $processor"
done <<PROCESSORS
max,sve=off neon-i8mm
cortex-a76 neon-dotprod
cortex-a72 portable
PROCESSORS
echo passed
