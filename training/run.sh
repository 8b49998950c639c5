#!/usr/bin/env bash
# Everything from the list of packages to models/nigh.gguf. Run it again to continue where it
# stopped: what is there already is not made again, and training continues from its last checkpoint.
#
#   training/run.sh              make what is missing, then train until stopped
#   training/run.sh --idle       the same, but only while nothing else wants the processor
#   training/run.sh stop         end the training after its present step, with a checkpoint
#   training/run.sh pause        let it wait; `resume` lets it go on
#   training/run.sh status       the last lines of its log
#   training/run.sh finish       from the checkpoint: MINUTES of falling learning rate, then GGUF
#
# WORK     where everything is made, 8 GB (~/.cache/nigh-training)
# PYTHON   a Python 3.11 or newer
# TOKENS   of packed rows, a pass (6000000)
# PASSES   over the corpus, with new cuts each time (2)
# MINUTES  of training (no end; `finish`: 25)
# OUT      the GGUF (models/nigh.gguf)
# TYPE     of its matrices (q5_0)
# RATE     the learning rate (3e-4)
# FROM     a GGUF of an earlier run to continue from, instead of the base
set -euo pipefail
for name in FROM OUT WORK; do
    [ -z "${!name:-}" ] || printf -v "$name" %s "$(realpath -m "${!name}")"
done
cd "$(dirname "$0")"
WORK=${WORK:-$HOME/.cache/nigh-training} PYTHON=${PYTHON:-python3}
OUT=${OUT:-$(realpath -m ../models/nigh.gguf)}
TOKENS=${TOKENS:-6000000} PASSES=${PASSES:-2} TYPE=${TYPE:-q5_0} RATE=${RATE:-3e-4}
python=$WORK/venv/bin/python run=$WORK/run trainer=$WORK/target/release/nigh-trainer
mkdir -p "$run"

# The trainer is built for this processor, to use all its instructions. Large pages, and memory that
# is kept from step to step, make it faster.
build_trainer() {
    RUSTFLAGS="-C target-cpu=native" CARGO_TARGET_DIR=$WORK/target \
        cargo build --release --quiet --manifest-path trainer/Cargo.toml
}

train() { # OUT ARGUMENTS...
    local out=$1
    shift
    echo $$ > "$run/pid"
    export MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000
    export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    "${gently[@]}" "$trainer" train --base "$WORK/base" --rows "$rows" --out "$out" \
        --threads "$(nproc)" --rate "$RATE" "$@"
}

prepare() {
    [ -x "$python" ] || "$PYTHON" -m venv "$WORK/venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
    build_trainer
    [ -e "$WORK/corpus.jsonl" ] || "$python" corpus.py --work "$WORK"
    [ -e "$WORK/base-full/model.safetensors" ] || "$python" base.py --work "$WORK"
    [ -e "$WORK/base/model.safetensors" ] ||
        "$python" vocabulary.py --work "$WORK" ${FROM:+--model "$FROM"}
    [ -e "$WORK/rows/train-000.rows" ] || rows --into rows --short
    local number
    for number in $(seq 1 $((PASSES - 1))); do
        [ -e "$WORK/rows/$(printf 'train-%03d.rows' "$number")" ] ||
            rows --into rows --first "$number" --nigh "$(program)"
    done
    [ -e "$WORK/rows-task/task.rows" ] ||
        "$python" -m tasks --work "$WORK" --folder "$WORK" --into rows-task \
            --tokens $((TOKENS / 10)) --context 1024
    [ -e "$WORK/rows-decay/train-000.rows" ] ||
        "$python" mix.py --out "$WORK/rows-decay" --rows $((TOKENS / 1500)) \
            "$WORK/rows=0.9" "$WORK/rows-task=0.1"
}

rows() { # ARGUMENTS of rows.py: a pass
    "$python" rows.py --work "$WORK" --folder "$WORK" --tokens "$TOKENS" "$@"
}

program() { # nigh itself, which lays out prompts as it does in use
    CARGO_TARGET_DIR=$WORK/target \
        cargo build --release --quiet --manifest-path ../Cargo.toml --package nigh
    echo "$WORK/target/release/nigh"
}

signal() { # NAME: to the training and all that it started
    pkill "-$1" -P "$(cat "$run/pid")" || { echo "run.sh: no training runs" >&2; exit 1; }
}

gently=(nice -n 5) rows=$WORK/rows
case ${1:-train} in
    train | --idle)
        [ "${1:-}" != --idle ] || gently=(chrt --idle 0 nice -n 19)
        prepare
        train "$run" ${MINUTES:+--seconds $((MINUTES * 60))}
        ;;
    stop) touch "$run/stop" ;;
    pause) signal STOP ;;
    resume) signal CONT ;;
    status) tail -n 3 "$run/log.jsonl" ;;
    finish)
        prepare
        rm -rf "$WORK/finish"
        mkdir -p "$WORK/finish"
        cp "$run/checkpoint" "$WORK/finish/"
        rows=$WORK/rows-decay
        train "$WORK/finish" --seconds $((${MINUTES:-25} * 60)) --decay 1
        "$python" export.py --hf "$WORK/finish" --out "$OUT" --type "$TYPE" --rows "$WORK/rows"
        ;;
    *) sed -n '2,/^[^#]/s/^# \{0,1\}//p' run.sh >&2; exit 2 ;;
esac
