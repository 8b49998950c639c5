#!/bin/sh
# Tests nigh in a real Helix.
#
#   run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by ./test. Fetches what is missing: tmux, and Debian's newest Helix, unpacked into
# target/helix. The last screen of each scenario is left in target/helix/shots. Exit status 0 when
# every scenario passed and every message conformed to the protocol.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" helix usr/lib/hx/hx hx)
exec "$HERE/../terminal/run.sh" helix "$ROOT" "$@"
