#!/bin/sh
# Tests the VS Code extension in a real VS Code: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test with the built program, which is packaged into the extension; without --server a release build
# is made. Gets what is missing by itself (prepare.sh). Pictures of what was on the screen are left in target/vscode/shots. The
# exit status is 0 when every scenario passed.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
SHOTS=$REPOSITORY/target/vscode/shots

server=
if [ "${1:-}" = --server ]; then
    server=${2:?run.sh: --server needs a path}
    shift 2
fi

. "$HERE/prepare.sh"
rm -rf "$SHOTS"
exec "$node/node" "$HERE/drive.mjs" --installed "$workbench" --chromium "$chromium" --vsix "$vsix" --shots "$SHOTS" "$@"
