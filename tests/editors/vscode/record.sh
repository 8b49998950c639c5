#!/bin/sh
# Records the README's moving picture from the real thing: record.sh PATH-OF-nigh [FILE.png]
#
# Types in a real VS Code with the extension and the given program inside, and writes an animated PNG, by default
# editors/vscode/demo.png (VS Code's marketplace shows no SVG). Gets what is missing by itself, like run.sh, and Pillow.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
[ $# -ge 1 ] || { echo "usage: record.sh PATH-OF-nigh [FILE.png]" >&2; exit 2; }
server=$(realpath "$1")
output=${2:-$REPOSITORY/editors/vscode/demo.png}
. "$HERE/prepare.sh"

python=$REPOSITORY/target/vscode/python/bin/python
if ! "$python" -c 'import PIL' 2>/dev/null; then
    python3 -m venv "$REPOSITORY/target/vscode/python"
    "$python" -m pip install --quiet pillow==13.0.0 || fail "Pillow could not be installed; is the Python registry within reach?"
fi
frames=$REPOSITORY/target/vscode/frames
rm -rf "$frames"
"$node/node" "$HERE/record.mjs" --installed "$workbench" --chromium "$chromium" --vsix "$vsix" --frames "$frames"
exec "$python" "$HERE/animate.py" "$frames" "$output"
