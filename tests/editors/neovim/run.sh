#!/bin/sh
# Tests the Neovim plugin in a real Neovim.
#
#   run.sh [--neovim 0.11] [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by ./test with the built program. Fetches what is missing: Neovim (get_neovim.sh) and tmux
# (../get_tmux.sh). Without --server it tests the plugin against ../stand_in.py. Neovim is 0.12 or
# later, unless 0.11 is asked for. Exit status 0 when every scenario passed.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || { echo "run.sh: please install python3" >&2; exit 1; }
"$HERE/../get_tmux.sh"
version=
if [ "${1:-}" = --neovim ]; then
    version=${2:?run.sh: --neovim needs a version}
    shift 2
fi
NVIM=$("$HERE/get_neovim.sh" ${version:+"$version"})
export PYTHONPATH="$HERE/.."
exec "$HERE/../protocol/checked.sh" neovim python3 "$HERE/drive.py" --nvim "$NVIM" "$@"
