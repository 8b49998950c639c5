#!/bin/sh
# Records the moving picture of the README in a real VS Code.
#
#   record.sh PATH-OF-nigh [FILE.png]
#
# Types with the extension and the given program inside, and writes an animated PNG, by default
# editors/vscode/demo.png (VS Code's marketplace shows no SVG). Fetches what is missing, like
# run.sh, and Pillow. shellcheck disable=SC2034,SC2154 # shared with prepare.sh
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
[ $# -ge 1 ] || { echo "usage: record.sh PATH-OF-nigh [FILE.png]" >&2; exit 2; }
server=$(realpath "$1")
output=${2:-$REPOSITORY/editors/vscode/demo.png}
# shellcheck source=tests/editors/vscode/prepare.sh
. "$HERE/prepare.sh"

python=$REPOSITORY/target/vscode/python/bin/python
if ! "$python" -c 'import PIL' 2>/dev/null; then
    python3 -m venv "$REPOSITORY/target/vscode/python"
    "$python" -m pip install --quiet pillow==13.0.0 ||
        fail "Pillow could not be installed; is the Python registry reachable?"
fi
frames=$REPOSITORY/target/vscode/frames
rm -rf "$frames"
"$node/node" "$HERE/record.mjs" --installed "$workbench" --chromium "$chromium" --vsix "$vsix" \
    --frames "$frames"
exec "$python" "$HERE/animate.py" "$frames" "$output"
