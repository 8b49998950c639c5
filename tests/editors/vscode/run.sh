#!/bin/sh
# Tests the VS Code extension in a real VS Code: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test with the built program, which is packed into the extension; without --server a release build is made.
# Gets what is missing by itself (prepare.sh). Pictures of what was on the screen are left in target/vscode/shots. The exit status is 0
# when every scenario passed and every message was as the protocol has it.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
exec "$HERE/../protocol/checked.sh" vscode "$HERE/drive.sh" "$@"
