#!/bin/sh
# Tests nigh in a real Helix: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test. Gets what is missing by itself: tmux and Debian's newest Helix, unpacked into target/helix. What was on
# the screen is left in target/helix/shots. The exit status is 0 when every scenario passed and every message was as the protocol has it.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
command -v python3 >/dev/null || { echo "run.sh: please install python3" >&2; exit 1; }
[ "${1:-}" = --server ] || set -- --server "${CARGO_TARGET_DIR:-$REPOSITORY/target}/debug/nigh" "$@"
"$HERE/../get_tmux.sh"
ROOT=$("$HERE/../get_debian.sh" helix usr/lib/hx/hx hx)
rm -rf "$REPOSITORY/target/helix/shots"
exec "$HERE/../protocol/checked.sh" helix python3 "$HERE/../terminal/drive.py" --editor "$HERE" --root "$ROOT" "$@"
