#!/bin/sh
# Records the README's picture from the real thing: record.sh PATH-OF-nigh [FILE.svg]
#
# Types in a real Neovim with the plugin and the given server, and writes an animated SVG, by default
# editors/neovim/demo.svg. Gets Neovim and tmux like run.sh.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: record.sh PATH-OF-nigh [FILE.svg]" >&2; exit 2; }
"$HERE/../get_tmux.sh"
NVIM=$("$HERE/get_neovim.sh")
PYTHONPATH="$HERE/.." exec python3 "$HERE/record.py" --nvim "$NVIM" --server "$1" --out "${2:-$HERE/../../../editors/neovim/demo.svg}"
