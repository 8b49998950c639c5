#!/usr/bin/env bash
# Everything from the list of packages to models/nigh-small.gguf, in training/work (ignored by git). Run it again to go on where it
# stopped: what is there already is not made again, and training resumes from its checkpoint.
#
#   training/run.sh                           the embedded model: 8m, 95 minutes of training on two CPU cores
#   WEIGHTS=models/nigh-small.gguf training/run.sh          goes on from a model: its weights, its tokenizer, a new warm-up
#   MINUTES=5 training/run.sh                 shorter
#   SHAPE=60w MINUTES=40 training/run.sh      a larger shape; all NVIDIA GPUs of the machine are used when there are any
#
# SHAPE    a shape of model.py                             MINUTES  of training
# TOKENS   of packed rows, a pass                          PASSES   over the corpus, cut anew each time
# CONTEXT  of the rows; twice that in the decay            WEIGHTS  a model.safetensors or GGUF to start from
# BATCH    rows a step                                    PROMPTS  of the last look at what it answers
# WORK     where everything is made                        OUT      the GGUF
# PYTHON   a Python 3.11 or newer                          TYPE     of the GGUF: Q8_0, or what nigh quantize knows (NIGH: its path)
set -euo pipefail
for name in OUT WORK WEIGHTS NIGH; do
    [ -z "${!name:-}" ] || printf -v "$name" %s "$(realpath -m "${!name}")"
done
cd "$(dirname "$0")"
SHAPE=${SHAPE:-8m} WORK=${WORK:-$PWD/work} PYTHON=${PYTHON:-python3} MINUTES=${MINUTES:-95} WEIGHTS=${WEIGHTS:-} TYPE=${TYPE:-Q8_0}
case $SHAPE in 8m) name=nigh-small ;; *) name=nigh-$SHAPE ;; esac
OUT=${OUT:-$(realpath -m "../models/$name.gguf")}
run=$WORK/$SHAPE
mkdir -p "$run"

if [ ! -x "$WORK/venv/bin/python" ]; then
    "$PYTHON" -m venv "$WORK/venv"
fi
python=$WORK/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt

gpus=$("$python" -c 'import torch; print(torch.cuda.device_count())')
if [ "$gpus" -gt 0 ]; then
    processes=$gpus TOKENS=${TOKENS:-200000000} PASSES=${PASSES:-4} CONTEXT=${CONTEXT:-2048} settings=(--batch ${BATCH:-256} --lr 2e-3 --peak-tflops 989)
else
    processes=$("$python" -c 'import os; print(max(p for p in (1, 2, 4, 8) if p <= os.cpu_count()))')
    TOKENS=${TOKENS:-30000000} PASSES=${PASSES:-1} CONTEXT=${CONTEXT:-1024} settings=(--batch ${BATCH:-8} --lr 3e-3 --validate-every 100000)
fi
# Memory is kept from step to step, not given back and cleared anew: a fifth more tokens a second.
export MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000
torchrun() {
    OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} nice -n 19 "$python" -m torch.distributed.run --standalone --nproc-per-node "$processes" "$@"
}

[ -e "$WORK/corpus.jsonl" ] || "$python" corpus.py --work "$WORK"
[ -e "$WORK/tokenizer.json" ] || "$python" tokenizer.py --work "$WORK" ${WEIGHTS:+--of "$WEIGHTS"}
last=$(printf 'train-%03d.rows' $((PASSES - 1)))
[ -e "$run/rows/$last" ] || "$python" rows.py --work "$WORK" --folder "$run" --tokens "$TOKENS" --passes "$PASSES" --context "$CONTEXT"
[ -e "$run/rows-decay/train-000.rows" ] ||
    "$python" rows.py --work "$WORK" --folder "$run" --into rows-decay --tokens $((TOKENS / 3)) --context $((2 * CONTEXT)) --seed 2 --fill-in 0.8 --suffix-first 0.8
[ -e "$run/rows-decay/task.rows" ] ||
    "$python" -m tasks --work "$WORK" --folder "$run" --into rows-decay --tokens $((TOKENS / 8 < 16000000 ? TOKENS / 8 : 16000000)) --context $((2 * CONTEXT))

if [ "$gpus" -gt 0 ] && [ ! -e "$run/train/choice.args" ]; then
    torchrun smoke.py --folder "$run" --shape "$SHAPE" --steps 8 "${settings[@]}"
fi
torchrun train.py --folder "$run" --shape "$SHAPE" --minutes "$MINUTES" --resume ${WEIGHTS:+--weights "$WEIGHTS"} "${settings[@]}" \
    $(cat "$run/train/choice.args" 2>/dev/null || true)

"$python" export.py --hf "$run/train/hf" --out "$run/$name.gguf" --name "$name" --type "$([ "$TYPE" = Q8_0 ] && echo q8_0 || echo f32)"
if [ "$TYPE" = Q8_0 ]; then
    mv "$run/$name.gguf" "$OUT"
else
    "$python" calibration.py --work "$WORK" --out "$run/calibration.txt"
    "${NIGH:-nigh}" quantize "$run/$name.gguf" "$OUT" --type "$TYPE" --calibrate "$run/calibration.txt" --force
fi
"$python" evaluate.py --folder "$run" --weights "$run/train/hf/model.safetensors" --shape "$SHAPE" --limit "${PROMPTS:-100}" | tee "$run/results.json"
