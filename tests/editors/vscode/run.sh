#!/bin/sh
# Tests the VS Code extension in a real VS Code.
#
#   run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by ./test with the built program, which is packed into the extension; without --server a
# release build is made. Fetches what is missing (prepare.sh). Pictures of the window are left in
# target/vscode/shots. Exit status 0 when every scenario passed and every message conformed to the
# protocol.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
exec "$HERE/../protocol/checked.sh" vscode "$HERE/drive.sh" "$@"
