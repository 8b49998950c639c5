#!/bin/sh
# Records the picture of the README in a real Neovim.
#
#   record.sh PATH-OF-nigh [FILE.svg [SCENE]]
#
# Types with the plugin and the given server, and writes an animated SVG, by default
# editors/neovim/demo.svg; the scene "sql" is docs/query.svg. Fetches Neovim and tmux like run.sh.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: record.sh PATH-OF-nigh [FILE.svg [SCENE]]" >&2; exit 2; }
"$HERE/../get_tmux.sh"
NVIM=$("$HERE/get_neovim.sh")
output=${2:-$HERE/../../../editors/neovim/demo.svg}
PYTHONPATH="$HERE/.." exec python3 "$HERE/record.py" --nvim "$NVIM" --server "$1" --out "$output" \
    --scene "${3:-python}"
