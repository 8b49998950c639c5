#!/bin/sh
# Tests the Neovim plugin in a real Neovim 0.12: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test with the built binary. Gets what is missing by itself: Neovim
# (get_neovim.sh) and tmux, the terminal the keys go through. Without --server it tests the plugin alone
# against stand_in.py. The exit status is 0 when every scenario passed.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
NVIM=$("$HERE/get_neovim.sh")

if ! command -v tmux >/dev/null; then
    command -v apt-get >/dev/null || { echo "run.sh: please install tmux" >&2; exit 1; }
    SUDO=$([ "$(id -u)" = 0 ] || echo sudo)
    $SUDO apt-get -q update >&2 && $SUDO apt-get -q install -y --no-install-recommends tmux >&2
fi
command -v python3 >/dev/null || { echo "run.sh: please install python3" >&2; exit 1; }

exec python3 "$HERE/drive.py" --nvim "$NVIM" "$@"
