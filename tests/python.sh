#!/bin/sh
# Checks all scripts of the repository: Python's format, lints (ruff.toml) and types (mypy.ini), and
# shell scripts by shellcheck.
#
# Called by ./test, which makes an environment with the pinned programs and numpy of
# python-requirements.txt; the folder of its programs is first in PATH. Nothing else is needed: what
# mypy.ini leaves out is not read, installed or not.
set -eu
cd "$(dirname "$0")/.."

ruff format --check --quiet . || { ruff format --diff --quiet . || true; exit 1; }
ruff check --quiet --output-format concise .
git ls-files '*.sh' test try ':!grammars' | xargs shellcheck --format gcc

# Scripts import the modules of their own folder, and those of the folders named here, by bare
# names, which repeat across folders. So mypy sees one such group at a time.
types() { # FOLDERS FILE...
    MYPYPATH=$1
    export MYPYPATH
    shift
    mypy --no-error-summary "$@" || failed=1
}

failed=0
types training training/*.py training/tasks training/tests
types training:tests/repositories:tests/hits tests/repositories tests/hits
types training:tests/repositories tests/sql
types tests/house tests/house
types tests/agents tests/agents
types training:tests/repositories:tests/sql tests/ask
types docs docs/*.py
types tests tests/measure.py tests/measure_http.py tests/record_engine.py tests/soak.py tests/bench tests/model \
    models/results.py server/engine/tests/record_reference.py \
    server/engine/tests/record_families.py server/engine/tests/record_folders.py \
    server/kernels/record_formats.py
types tests/editors tests/editors/*.py
types tests/editors/protocol tests/editors/protocol
types tests/editors:tests/editors/neovim tests/editors/neovim tests/editors/vscode/animate.py
for editor in emacs helix kakoune vim; do
    types "tests/editors:tests/editors/terminal:tests/editors/$editor" \
        tests/editors/terminal "tests/editors/$editor"
done
exit $failed
