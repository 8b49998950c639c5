#!/bin/sh
# Makes the file that a user installs, with the program inside.
#
#   package.sh [TARGET] [PROGRAM]
#
# TARGET is one of VS Code's names, which build_for.sh lists; the default is this machine's. PROGRAM
# is a built `nigh`; without it a release build is made: for a TARGET by build_for.sh, on Linux for
# old systems too, otherwise by this machine's own compiler. Prints only the path of the .vsix.
# Needs Node 20 or newer. Called by the tests with a built program.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
REPOSITORY=$(cd "$HERE/../.." && pwd)
BUILD=${CARGO_TARGET_DIR:-$REPOSITORY/target}

fail() { echo "package.sh: $*" >&2; exit 1; }

command -v npm >/dev/null || fail "please install Node 20 or newer with npm"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
    fail "please install Node 20 or newer; this is $(node --version)"
TARGET=${1:-$(node -p 'process.platform + "-" + process.arch')}
suffix=; [ "${TARGET%%-*}" != win32 ] || suffix=.exe
if [ -n "${2:-}" ]; then
    program=$2
elif [ -n "${1:-}" ]; then
    program=$("$HERE/build_for.sh" "$TARGET")
else
    (cd "$REPOSITORY" && cargo build --release --quiet --package nigh) >&2 ||
        fail "the build failed"
    program=$BUILD/release/nigh$suffix
fi
[ -f "$program" ] || fail "there is no program $program"
program=$(realpath "$program")

cd "$HERE"
# The lock file is kept next to what was installed from it, so that a second call needs no network.
if ! cmp -s package-lock.json node_modules/.installed-from; then
    npm ci --silent --no-audit --no-fund --ignore-scripts >&2 ||
        fail "npm ci failed; is the npm registry reachable?"
    cp package-lock.json node_modules/.installed-from
fi
npm run --silent check >&2
npm run --silent build -- --log-level=warning >&2

stage=$BUILD/vscode/stage-$TARGET
rm -rf "$stage"
mkdir -p "$stage/bin"
cp -r package.json dist media "$stage"
# Without its picture: VS Code shows only those that come from the web.
sed '/^!\[/d' README.md > "$stage/README.md"
cp "$REPOSITORY/LICENSE-MIT" "$REPOSITORY/LICENSE-APACHE" "$REPOSITORY/models/NOTICE" "$stage"
cp "$program" "$stage/bin/nigh$suffix"
chmod 755 "$stage/bin/nigh$suffix"
# The licences of what is bundled into dist/extension.js.
npm ls --omit=dev --all --parseable | tail -n +2 | while read -r package; do
    printf '\n== %s\n\n' "${package##*/node_modules/}"
    cat "$package"/[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*
done > "$stage/dist/LICENSES-OF-LIBRARIES"

version=$(node -p 'require("./package.json").version')
output=$BUILD/vscode/nigh-$TARGET-$version.vsix
(cd "$stage" && "$HERE/node_modules/.bin/vsce" package --target "$TARGET" --no-dependencies \
    --allow-missing-repository \
    --no-rewrite-relative-links --skip-license --out "$output") >&2 || fail "vsce failed"
echo "$output"
