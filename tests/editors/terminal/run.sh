#!/bin/sh
# Drives the editor of a neighbouring folder through the scenarios.
#
#   run.sh NAME ROOT [--server PATH-OF-nigh] [options of drive.py]
#
# Called by that folder's run.sh, which has unpacked the editor into ROOT. The last screen of each
# scenario is left in target/NAME/shots. Exit status 0 when every scenario passed and every message
# conformed to the protocol.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
name=$1 root=$2
shift 2
command -v python3 >/dev/null || { echo "run.sh: please install python3" >&2; exit 1; }
[ "${1:-}" = --server ] || set -- --server "${CARGO_TARGET_DIR:-$REPOSITORY/target}/debug/nigh" "$@"
"$HERE/../get_tmux.sh"
rm -rf "$REPOSITORY/target/$name/shots"
export PYTHONPATH="$HERE/.."
exec "$HERE/../protocol/checked.sh" "$name" \
    python3 "$HERE/drive.py" --editor "$HERE/../$name" --root "$root" "$@"
