#!/bin/sh
# Tests nigh in a real Vim with ALE: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test. Gets what is missing by itself: tmux and Debian's newest Vim and ALE, unpacked into target/vim. What was
# on the screen is left in target/vim/shots. The exit status is 0 when every scenario passed and every message was as the protocol has it.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" vim usr/bin/vim.nox vim-nox vim-ale)
exec "$HERE/../terminal/run.sh" vim "$ROOT" "$@"
