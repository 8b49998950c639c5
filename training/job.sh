#!/usr/bin/env bash
# One training run on a borrowed machine that starts bare, has no network, takes one command at a
# time and little data with each. ../GPU.md has the sequence. Weights travel in parts; compiled
# kernels, rows and checkpoints stay there between commands.
#
#   here:   job.sh stage SHARDS BASE OUT        lay out what travels: OUT/a, OUT/b, ... of at most
#                                               LIMIT bytes each; BASE is a folder such as work/base
#           job.sh join TARGET FOLDER...        put the parts that came back together, verified
#   there:  setup FOLDER    verify and take over what travelled with this command, then write rows
#                           in the background
#           smoke [STEPS]   choose the micro-batch; tokens per second, MFU, memory
#           start MINUTES   train in the background from now on
#           until SECONDS   end so many seconds from now instead; the decay keeps its share unless
#                           it has begun
#           wait SECONDS    print progress; leaves early when the run is over
#           status          what runs, what is waiting
#           parts NAME      cut train/NAME (plateau or hf) as bf16 into parts in JOB/parts-NAME
#           fetch NAME N    the N-th handful of parts into $OUT
#           close           end the background processes
#
# JOB  everything there (default /tmp/nigh-job)    PYTHON
# SHAPE, CONTEXT, BATCH, PASSES, TRAIN_ARGS  the run
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
JOB=${JOB:-/tmp/nigh-job} PYTHON=${PYTHON:-python3} LIMIT=${LIMIT:-$((60 * 1024 * 1024))}
SHAPE=${SHAPE:-smol} CONTEXT=${CONTEXT:-1024} BATCH=${BATCH:-64} PASSES=${PASSES:-8}
PART_BYTES=${PART_BYTES:-$((15 * 1024 * 1024))} PARTS_A_FETCH=${PARTS_A_FETCH:-4}
RUN=$JOB/run BASE=$JOB/base.safetensors
export TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
export TORCHINDUCTOR_CACHE_DIR=$JOB/inductor TRITON_CACHE_DIR=$JOB/triton

say() { echo "[$(date -u +%H:%M:%S)] $*"; }
alive() { [ -s "$JOB/$1.pid" ] && kill -0 "$(cat "$JOB/$1.pid")" 2>/dev/null; }
over() { grep -q '"event": "end"' "$RUN/train/log.jsonl" 2>/dev/null; }

background() { # NAME COMMAND ...: in a session of its own, so that it outlives this command
    local name=$1
    shift
    setsid bash "$HERE/job.sh" "$@" >> "$JOB/$name.log" 2>&1 < /dev/null &
    echo $! > "$JOB/$name.pid"
}

# ------------------------------------------------------------------ here
stage() { # SHARDS BASE OUT
    local shards=$1 base=$2 out=$3 group=a used size file
    compgen -G "$shards/train-*.u16.xz" > /dev/null ||
        { say "no train-*.u16.xz in $shards: shards.py pack writes them"; return 1; }
    rm -rf "$out"
    mkdir -p "$out/a/code"
    cp -r "$HERE"/*.py "$HERE"/*.sh "$out/a/code/"
    cp -r "$HERE/tasks" "$out/a/code/"
    find "$out/a/code" -name __pycache__ -prune -exec rm -r {} +
    cp "$base/tokenizer.json" "$out/a/"
    cut_base "$base" "$out/base"
    cp "$out/base/base.SHA256" "$out/a/"
    used=$(du -sb "$out/a" | cut -f1)
    # Rows are written from the first shard while the base is still on its way.
    for file in "$shards"/val*.xz "$shards"/train-000.u16.xz "$out"/base/base.part-* \
        "$shards"/task.rows.xz "$shards"/train-*.u16.xz; do
        if [ ! -e "$file" ] || compgen -G "$out/?/$(basename "$file")" > /dev/null; then
            continue
        fi
        size=$(stat -c %s "$file")
        if [ $((used + size)) -gt "$LIMIT" ]; then
            group=$(echo "$group" | tr a-y b-z) used=0
            mkdir -p "$out/$group"
        fi
        cp "$file" "$out/$group/"
        used=$((used + size))
    done
    rm -r "$out/base"
    for file in "$out"/*; do
        (cd "$file" && find . -type f -print0 | sort -z | xargs -0 sha256sum) > "$out/sums"
        mv "$out/sums" "$file/SHA256SUMS"
        say "$file: $(du -sb "$file" | awk '{printf "%.1f MiB", $1 / 2^20}')"
    done
}

cut_base() { # BASE TARGET: its weights as bf16 in parts, and the sum of the whole
    mkdir -p "$2"
    "$PYTHON" "$HERE/weights.py" half "$1/model.safetensors" "$2/base.safetensors"
    (cd "$2" && sha256sum base.safetensors > base.SHA256 &&
        split -b "$PART_BYTES" -d -a 2 base.safetensors base.part- && rm base.safetensors)
}

join() { # TARGET FOLDER...
    local target=$1 sums
    shift
    mkdir -p "$target/parts"
    find "$@" -type f \( -name 'model.part-*' -o -name SHA256SUMS -o -name meta.tgz \) \
        -exec cp -f {} "$target/parts/" \;
    cd "$target/parts"
    sums=$(grep -v safetensors SHA256SUMS)
    echo "$sums" | sha256sum --check --quiet - ||
        { say "parts are damaged or missing: fetch them again"; return 1; }
    cat model.part-* > model.safetensors
    grep safetensors SHA256SUMS | sha256sum --check --quiet -
    tar -xzf meta.tgz -C ..
    mv model.safetensors ..
    cd ..
    rm -r parts
    ls -l
}

# ------------------------------------------------------------------ there
setup() { # FOLDER
    local folder=$1 sum file
    mkdir -p "$JOB/shards" "$RUN"
    while read -r sum file; do
        [ "$(sha256sum < "$folder/$file" | cut -d' ' -f1)" = "$sum" ] ||
            { say "left out, damaged: $file"; rm -f "$folder/$file"; }
    done < "$folder/SHA256SUMS"
    [ ! -d "$folder/code" ] || { rm -rf "$JOB/code"; cp -r "$folder/code" "$JOB/code"; }
    for file in tokenizer.json base.SHA256; do
        [ ! -e "$folder/$file" ] || cp "$folder/$file" "$JOB/"
    done
    if [ ! -e "$JOB/tokenizer.json" ] || [ ! -e "$JOB/code/train.py" ]; then
        say "no tokenizer or code has travelled: cannot go on"
        return 1
    fi
    find "$folder" -maxdepth 1 -name '*.xz' -exec cp {} "$JOB/shards/" \;
    find "$folder" -maxdepth 1 -name 'base.part-*' -exec cp {} "$JOB/shards/" \;
    join_base
    compgen -G "$JOB/shards/train-*.u16.xz" > /dev/null ||
        { say "no training shard has travelled yet: rows are not written"; return 0; }
    cd "$JOB/code"
    "$PYTHON" shards.py unpack --work "$JOB" "$JOB"/shards/*.u16.xz
    if [ -e "$JOB/shards/task.rows.xz" ] && [ ! -e "$RUN/rows-decay/task.rows" ]; then
        mkdir -p "$RUN/rows-decay"
        xz -dc "$JOB/shards/task.rows.xz" > "$RUN/rows-decay/task.rows"
    fi
    if [ ! -e "$RUN/rows/train-000.rows" ]; then
        rows "$RUN" rows "$CONTEXT" "${FIRST_TOKENS:-60000000}"
        rows "$RUN" rows-decay $((2 * CONTEXT)) "${FIRST_TOKENS:-60000000}" \
            --fill-in 0.8 --suffix-first 0.8
    fi
    if alive rows; then kill -- "-$(cat "$JOB/rows.pid")" 2>/dev/null || true; fi
    background rows more-rows
    say "set up: $(wc -l < "$JOB/corpus.jsonl") files"
}

join_base() { # as soon as all its parts are here
    if [ -e "$BASE" ] || ! compgen -G "$JOB/shards/base.part-*" > /dev/null; then return 0; fi
    cat "$JOB"/shards/base.part-* > "$BASE"
    (cd "$JOB" && sha256sum --check --status base.SHA256) && say "the base is here" && return
    rm "$BASE"
    say "the base is not whole yet: send the other parts"
}

has_base() {
    [ -e "$BASE" ] || { say "the base is not whole yet: send the other parts"; return 1; }
}

rows() { # FOLDER INTO CONTEXT TOKENS MORE...: one pass
    "$PYTHON" rows.py --work "$JOB" --folder "$1" --into "$2" --context "$3" --tokens "$4" \
        "${@:5}" \
        --workers "${WORKERS:-$(($(nproc) > 3 ? $(nproc) - 2 : 1))}"
}

# All that has travelled, with new cuts for each pass: the trainer takes each file in its turn.
more-rows() {
    local tokens=${TOKENS:-150000000} pass
    cd "$JOB/code"
    for pass in $(seq 1 "$PASSES"); do
        rows "$JOB/next" rows "$CONTEXT" "$tokens" --seed $((1000 * pass))
        mv "$JOB/next/rows/train-000.rows" "$RUN/rows/$(date +train-%s.rows)"
    done
}

smoke() { # [STEPS]
    has_base
    if command -v nvidia-smi > /dev/null; then
        nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used --format=csv,noheader
    fi
    cd "$JOB/code"
    # shellcheck disable=SC2086 # TRAIN_ARGS is several arguments
    "$PYTHON" smoke.py --folder "$RUN" --shape "$SHAPE" --weights "$BASE" --batch "$BATCH" \
        --steps "${1:-10}" --peak-tflops "${PEAK:-989}" ${TRAIN_ARGS:-}
}

start() { # MINUTES
    if alive trainer; then say "already training"; return 1; fi
    has_base
    rm -f "$RUN/train/log.jsonl" "$RUN/train/until"
    echo "$1" > "$JOB/minutes"
    background trainer keep-training
    say "started, $1 minutes"
}

# From the last checkpoint again after a crash: with half the micro-batch, at last uncompiled.
keep-training() {
    local attempt choice micro
    cd "$JOB/code"
    choice=$(cat "$RUN/train/choice.args" 2>/dev/null || true)
    for attempt in 1 2 3 4; do
        # shellcheck disable=SC2086 # choice and TRAIN_ARGS are several arguments
        "$PYTHON" train.py --folder "$RUN" --shape "$SHAPE" --weights "$BASE" --batch "$BATCH" \
            --minutes "$(cat "$JOB/minutes")" --resume --checkpoint-every 120 --validate-every 240 \
            --peak-tflops "${PEAK:-989}" $choice ${TRAIN_ARGS:-} && return
        say "attempt $attempt failed"
        micro=$(echo "$choice" | grep -o '[0-9]*' | head -1)
        choice="--micro $((${micro:-8} > 1 ? ${micro:-8} / 2 : 1))"
        [ "$attempt" -lt 2 ] || choice="$choice --no-compile"
    done
}

until_() {
    echo $(($(date +%s) + $1)) > "$RUN/train/until.new"
    mv "$RUN/train/until.new" "$RUN/train/until"
}

wait_() { # SECONDS
    local end=$(($(date +%s) + $1)) next=0
    while [ "$(date +%s)" -lt $end ] && ! over; do
        if [ "$(date +%s)" -ge $next ]; then
            say "$(tail -n 1 "$RUN/train/log.jsonl" 2>/dev/null | cut -c 1-300)"
            next=$(($(date +%s) + 30))
        fi
        alive trainer || { say "the trainer does not run"; tail -n 5 "$JOB/trainer.log"; break; }
        sleep 1
    done
    { grep '"event": "validation"' "$RUN/train/log.jsonl" || true; } | tail -n 1
    tail -n 1 "$RUN/train/log.jsonl"
}

status() {
    local name
    if command -v nvidia-smi > /dev/null; then
        nvidia-smi --query-gpu=utilization.gpu,memory.used,power.draw --format=csv,noheader
    fi
    for name in rows trainer; do
        if alive $name; then say "$name runs"; else say "$name does not run"; fi
    done
    ls -l "$RUN"/rows/*.rows "$RUN"/rows-decay/*.rows 2>/dev/null || true
    tail -n 3 "$RUN/train/log.jsonl" "$JOB/trainer.log" "$JOB/rows.log" 2>/dev/null || true
}

parts() { # NAME
    local source=$RUN/train/$1 target=$JOB/parts-$1
    [ -e "$source/model.safetensors" ] || { say "there are no weights in $source yet"; return 1; }
    rm -rf "$target"
    mkdir -p "$target"
    cd "$JOB/code"
    "$PYTHON" weights.py half "$source/model.safetensors" "$target/model.safetensors"
    (cd "$target" && sha256sum model.safetensors > SHA256SUMS &&
        split -b "$PART_BYTES" -d -a 2 model.safetensors model.part- && rm model.safetensors)
    tar -czf "$target/meta.tgz" -C "$source" config.json tokenizer.json tokenizer_config.json \
        -C "$RUN/train" log.jsonl -C "$JOB" trainer.log
    (cd "$target" && sha256sum model.part-* meta.tgz >> SHA256SUMS)
    local all=("$target"/model.part-*)
    say "$1: ${#all[@]} parts, $PARTS_A_FETCH at a time"
}

fetch() { # NAME N
    local all=("$JOB/parts-$1"/model.part-*)
    cp "${all[@]:$((($2 - 1) * PARTS_A_FETCH)):$PARTS_A_FETCH}" \
        "$JOB/parts-$1/meta.tgz" "$JOB/parts-$1/SHA256SUMS" "$OUT/"
    ls -l "$OUT"
}

close() {
    local name
    for name in trainer rows; do
        if alive $name; then kill -- "-$(cat "$JOB/$name.pid")"; fi
    done
    say closed
}

command=${1:-help}
shift || true
case $command in
stage | join | setup | smoke | start | status | parts | fetch | close | more-rows | keep-training)
    "$command" "$@"
    ;;
until) until_ "$@" ;;
wait) wait_ "$@" ;;
*) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" ;;
esac
