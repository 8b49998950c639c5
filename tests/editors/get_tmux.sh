#!/bin/sh
# Installs tmux, the terminal of the tests and of the recording, if it is missing.
set -eu

command -v tmux >/dev/null && exit 0
command -v apt-get >/dev/null || { echo "get_tmux.sh: please install tmux" >&2; exit 1; }
SUDO=$([ "$(id -u)" = 0 ] || echo sudo)
{ $SUDO apt-get -q update && $SUDO apt-get -q install -y --no-install-recommends tmux; } >&2
