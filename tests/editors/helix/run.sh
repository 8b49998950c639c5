#!/bin/sh
# Tests nigh in a real Helix: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test. Gets what is missing by itself: tmux and Debian's newest Helix, unpacked into target/helix. What was on
# the screen is left in target/helix/shots. The exit status is 0 when every scenario passed and every message was as the protocol has it.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" helix usr/lib/hx/hx hx)
exec "$HERE/../terminal/run.sh" helix "$ROOT" "$@"
