#!/bin/sh
# Tests nigh in a real Kakoune with kakoune-lsp.
#
#   run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by ./test. Fetches what is missing: tmux, Debian's newest Kakoune, unpacked into
# target/kakoune, and kakoune-lsp, which is compiled into target/kakoune-lsp. The last screen of
# each scenario is left in target/kakoune/shots. Exit status 0 when every scenario passed and every
# message conformed to the protocol.
set -eu

KAKOUNE_LSP=22.0.0

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" kakoune usr/bin/kak kakoune)
PREFIX=${CARGO_TARGET_DIR:-$HERE/../../../target}/kakoune-lsp
if [ "$("$PREFIX/bin/kak-lsp" --version 2>/dev/null)" != "$KAKOUNE_LSP" ]; then
    echo "compiling kakoune-lsp $KAKOUNE_LSP into $PREFIX" >&2
    cargo install kak-lsp --version "$KAKOUNE_LSP" --locked --quiet --force \
        --root "$PREFIX" --target-dir "$PREFIX/build" >&2
    rm -rf "$PREFIX/build"
fi
export KAKOUNE_LSP_BIN="$PREFIX/bin"
exec "$HERE/../terminal/run.sh" kakoune "$ROOT" "$@"
