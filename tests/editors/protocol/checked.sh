#!/bin/sh
# Runs an editor's scenarios with every message recorded, and then checks the messages.
#
#   checked.sh NAME COMMAND [ARGUMENT...]
#
# Called by the run.sh of each editor. In the arguments, PATH of `--server PATH` is replaced by a
# program that records (recorder.py) the messages between the editor and the server at PATH, below
# target/protocol/NAME; afterwards check.py reads them. Without --server the command runs as it is.
# The server runs the model for tests (../../model), which answers quickly and the same in all
# versions of the program. Exit status 0 when the command and the check passed.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
TARGET=${CARGO_TARGET_DIR:-$(cd "$HERE/../../.." && pwd)/target}
FOLDER=$TARGET/protocol/$1
MODEL=$(cd "$HERE/../../model" && pwd)/tiny.gguf
PYTHON=$TARGET/protocol/venv/bin/python
editor=$1
shift

server=
wrapped=$FOLDER/bin/nigh
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    if [ "$argument" = --server ] && [ "$count" -gt 0 ]; then
        server=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
        [ -x "$server" ] || { echo "checked.sh: there is no program $1" >&2; exit 1; }
        shift
        count=$((count - 1))
        set -- "$@" --server "$wrapped"
    else
        set -- "$@" "$argument"
    fi
done
[ -n "$server" ] || exec "$@"

if ! "$PYTHON" -c 'import lsprotocol' 2>/dev/null; then
    python3 -m venv "$TARGET/protocol/venv"
    "$PYTHON" -m pip install --quiet -r "$HERE/requirements.txt"
fi
"$PYTHON" "$HERE/test_check.py" --quiet
rm -rf "$FOLDER"
mkdir -p "$FOLDER/bin"
printf '#!/bin/sh\nNIGH_MODEL="%s" exec "%s" -S "%s" "%s" "%s" "$@"\n' \
    "$MODEL" "$PYTHON" "$HERE/recorder.py" "$FOLDER/messages" "$server" > "$wrapped"
chmod +x "$wrapped"

status=0
"$@" || status=$?
"$PYTHON" "$HERE/check.py" --editor "$editor" "$FOLDER/messages" || status=1
exit "$status"
