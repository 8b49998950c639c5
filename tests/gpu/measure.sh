#!/usr/bin/env bash
# Measures a GPU that is lent for a few minutes: whether all kernels compute rightly on it, how fast
# it is, and what happens when it is lost.
#
#   tests/gpu/measure.sh pack FOLDER          # at home: builds the programs, and gathers all files
#   tests/gpu/measure.sh run FOLDER GPU OUT   # there: takes 12 minutes at most; OUT gets the results
#
# GPU is a part of the device's name. FOLDER holds all that is needed there besides a Vulkan driver,
# bash and a python3 with numpy; the models with random weights are made there. Rehearse it with
# `llvmpipe`, Mesa's software Vulkan: SIZES=0.5B LAYERS=2 MEGABYTES=70 makes that short.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..

pack() {
    local folder=$1 target=${CARGO_TARGET_DIR:-$root/target}
    mkdir -p "$folder/text"
    cd "$root"
    cargo build --release -p engine --example gpu -p gpu --example tokens
    local checks
    checks=$(cargo test --release -p engine -p gpu --lib --no-run --message-format=json |
        python3 -c 'import json,sys
for line in sys.stdin:
    message = json.loads(line)
    if "/gpu-" in (message.get("executable") or ""): print(message["executable"])')
    cp "$checks" "$folder/checks"
    cp "$target/release/examples/gpu" "$target/release/examples/tokens" "$folder/"
    strip "$folder/checks" "$folder/gpu" "$folder/tokens"
    cp tests/bench/random_model.py "$here/measure.sh" "$folder/"
    python3 -m pip download --quiet --no-deps --dest "$folder" 'gguf==0.19.0'
    # Some of nigh's own files are the text that is typed.
    cp server/engine/src/*.rs "$folder/text/"
    du -sh "$folder"
}

# Seconds that all steps together may take.
limit=660

# step NAME SECONDS COMMAND...: runs a command for so many seconds at most, fewer if the time of all
# steps ends before; its output is kept.
step() {
    local name=$1 seconds=$2 begin=$SECONDS status=0 left=$((limit - SECONDS))
    shift 2
    [ "$left" -gt 5 ] || { echo "$name: no time left" | tee -a "$out/steps.txt"; return; }
    [ "$seconds" -lt "$left" ] || seconds=$left
    timeout "$seconds" "$@" > "$out/$name.txt" 2>&1 || status=$?
    echo "$name: status $status after $((SECONDS - begin)) s" | tee -a "$out/steps.txt"
    tail -n 25 "$out/$name.txt"
}

run() {
    local folder gpu=$2 sizes=${SIZES:-0.5B 1.5B 7B} layers=()
    [ -z "${LAYERS:-}" ] || layers=("$LAYERS")
    folder=$(cd "$1" && pwd) out=$3
    mkdir -p "$out"
    export PYTHONPATH=$out/packages NIGH_GPU_TEST=require
    python3 -m zipfile -e "$folder"/gguf-*.whl "$PYTHONPATH"
    nvidia-smi > "$out/driver.txt" 2>&1 || true
    step checks 180 "$folder/checks"
    step tokens 120 "$folder/tokens" 0 "${MEGABYTES:-20000}"
    local text=("$folder"/text/*.rs)
    for size in $sizes; do
        for kind in Q8_0 Q4_K_M; do
            local model=$out/model.gguf
            step "make-$size-$kind" 90 python3 "$folder/random_model.py" "$size" "$kind" "$model" "${layers[@]}"
            step "answers-$size-$kind" 60 "$folder/gpu" answers "$model" "$gpu" 4 512 "${text[@]}"
            [ "$size-$kind" = 0.5B-Q8_0 ] &&
                step typing 60 "$folder/gpu" typing "$model" "$gpu" 30 "${text[@]}"
            rm -f "$model"
        done
    done
    rm -rf "$PYTHONPATH"
    cat "$out/steps.txt"
}

case ${1:-} in
    pack) pack "$2" ;;
    run) run "$2" "$3" "$4" ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
