#!/bin/sh
# Tests nigh in a real Vim with ALE.
#
#   run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by ./test. Fetches what is missing: tmux, and Debian's newest Vim and ALE, unpacked into
# target/vim. The last screen of each scenario is left in target/vim/shots. Exit status 0 when every
# scenario passed and every message conformed to the protocol.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" vim usr/bin/vim.nox vim-nox vim-ale)
exec "$HERE/../terminal/run.sh" vim "$ROOT" "$@"
