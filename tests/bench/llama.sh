#!/usr/bin/env bash
# Times nigh and llama.cpp on the same model file, in turns, and prints the ratios.
#
#   tests/bench/llama.sh [--nigh PROGRAM] [--rounds N] [MODEL.gguf]
#
# llama.cpp is the one in the npm package node-llama-cpp (250 MB with its dependencies, into
# target/llama). A ratio above 1 means that nigh is that much faster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
target=${CARGO_TARGET_DIR:-$root/target}
nigh=$target/release/nigh rounds=5 model=$root/models/nigh.gguf
while [ $# -gt 0 ]; do
    case $1 in
        --nigh) nigh=$2; shift 2 ;;
        --rounds) rounds=$2; shift 2 ;;
        -*) echo "llama.sh: no option named $1" >&2; exit 2 ;;
        *) model=$1; shift ;;
    esac
done
[ -x "$nigh" ] || { echo "llama.sh: build nigh first: cargo build --release" >&2; exit 1; }
llama=$target/llama
if [ ! -d "$llama/node_modules/node-llama-cpp" ]; then
    mkdir -p "$llama"
    echo '{"private": true}' > "$llama/package.json"
    npm install --prefix "$llama" --silent --no-audit --no-fund --omit=optional \
        node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
fi
cp "$here/llama.mjs" "$llama/"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
threads=$(nproc)
for round in $(seq "$rounds"); do
    for count in $(printf '1\n%s\n' "$threads" | sort -nu); do
        node "$llama/llama.mjs" "$model" "$count" 1 > "$results/llama-$count-$round.json"
    done
    "$nigh" bench --model "$model" --threads "$threads" --rounds 1 --json \
        > "$results/nigh-$round.json"
done
python3 "$here/ratios.py" "$results"
