#!/bin/sh
# Packs the extension and drives it through the scenarios.
#
#   drive.sh [--server PATH] [options of drive.mjs]
#
# Called by run.sh through ../protocol/checked.sh, so --server is a program that records.
# shellcheck disable=SC2034,SC2154 # shared with prepare.sh
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
SHOTS=$REPOSITORY/target/vscode/shots

server=
if [ "${1:-}" = --server ]; then
    server=${2:?drive.sh: --server needs a path}
    shift 2
fi

# shellcheck source=tests/editors/vscode/prepare.sh
. "$HERE/prepare.sh"
rm -rf "$SHOTS"
exec "$node/node" "$HERE/drive.mjs" --installed "$workbench" --chromium "$chromium" --vsix "$vsix" \
    --shots "$SHOTS" "$@"
