#!/bin/sh
# Tests nigh in a real Emacs, with eglot and with lsp-mode.
#
#   run.sh [--server PATH-OF-nigh] [--times N] [--only NAME] [--way NAME]
#
# Called by ./test. Fetches what is missing: tmux, and Debian's newest Emacs and lsp-mode, unpacked
# into target/emacs. The last screen of each scenario is left in target/emacs/shots. Exit status 0
# when every scenario passed and every message conformed to the protocol.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$("$HERE/../get_debian.sh" emacs usr/bin/emacs-nox emacs-nox elpa-lsp-mode)

# Debian compiles Lisp packages when they are installed; here it is done once.
LISP=$ROOT/usr/share/emacs/site-lisp/elpa-src
if [ ! -e "$LISP/compiled" ]; then
    echo "compiling lsp-mode" >&2
    log=$ROOT/../compile.log
    "$HERE/emacs.sh" "$ROOT" --batch \
        --eval "(setq native-comp-enable-subr-trampolines nil byte-compile-warnings nil)" \
        --eval "(dolist (folder (file-expand-wildcards \"$LISP/*\")) (add-to-list 'load-path folder))" \
        -f batch-byte-compile "$LISP"/dash-*/dash.el "$LISP"/[fhs]*/*.el "$LISP"/lv-*/lv.el \
        "$LISP"/spinner-*/spinner.el "$LISP"/markdown-mode-*/markdown-mode.el \
        "$LISP"/lsp-mode-*/lsp-[bcdhimops]*.el > "$log" 2>&1 ||
        { tail -n 20 "$log" >&2; echo "run.sh: lsp-mode could not be compiled" >&2; exit 1; }
    touch "$LISP/compiled"
fi
exec "$HERE/../terminal/run.sh" emacs "$ROOT" "$@"
