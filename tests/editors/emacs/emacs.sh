#!/bin/sh
# Runs the Emacs that ../get_debian.sh has unpacked, which looks for its own files in /usr.
#
#   emacs.sh PREFIX [ARGUMENT...]
#
# Called by run.sh and editor.py.
set -eu

root=$1
shift
data=$(echo "$root"/usr/share/emacs/[0-9]*)
EMACSPATH=$(echo "$root"/usr/libexec/emacs/[0-9]*/*)
export EMACSPATH EMACSLOADPATH="$data/lisp" EMACSDATA="$data/etc" EMACSDOC="$data/etc"
exec "$root/usr/bin/emacs-nox" --dump-file "$(echo "$EMACSPATH"/*.pdmp)" "$@"
