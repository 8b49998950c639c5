#!/usr/bin/env bash
# Everything from the list of packages to models/nigh-small.gguf, in training/work (ignored by git). Run it again to go on where it
# stopped: what is there already is not made again, and training resumes from its checkpoint.
#
#   training/run.sh                           the embedded model: 8m, 95 minutes of training on two CPU cores
#   MINUTES=5 training/run.sh                 the same, shorter
#   SHAPE=60w MINUTES=40 training/run.sh      a larger shape; all NVIDIA GPUs of the machine are used when there are any
#
# SHAPE    a shape of model.py                             MINUTES  of training
# TOKENS   of packed rows; the corpus repeats if smaller   WORK     where everything is made
# OUT      the GGUF                                        PYTHON   a Python 3.11 or newer
set -euo pipefail
[ -z "${OUT:-}" ] || OUT=$(realpath -m "$OUT")
[ -z "${WORK:-}" ] || WORK=$(realpath -m "$WORK")
cd "$(dirname "$0")"
SHAPE=${SHAPE:-8m} WORK=${WORK:-$PWD/work} PYTHON=${PYTHON:-python3}
case $SHAPE in 8m) name=nigh-small ;; *) name=nigh-$SHAPE ;; esac
OUT=${OUT:-../models/$name.gguf} MINUTES=${MINUTES:-95}
run=$WORK/$SHAPE
mkdir -p "$run"

if [ ! -x "$WORK/venv/bin/python" ]; then
    "$PYTHON" -m venv "$WORK/venv"
fi
python=$WORK/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt

gpus=$("$python" -c 'import torch; print(torch.cuda.device_count())')
if [ "$gpus" -gt 0 ]; then
    TOKENS=${TOKENS:-600000000} processes=$gpus settings=(--batch 256 --micro 32 --lr 2e-3)
else
    processes=$("$python" -c 'import os; print(max(p for p in (1, 2, 4) if p <= os.cpu_count()))')
    TOKENS=${TOKENS:-30000000} settings=(--batch 4 --lr 3e-3)
fi

[ -e "$WORK/corpus.jsonl" ] || "$python" corpus.py --work "$WORK"
[ -e "$WORK/tokenizer.json" ] || "$python" tokenizer.py --work "$WORK"
[ -e "$run/rows/rows.json" ] || "$python" rows.py --work "$WORK" --folder "$run" --tokens "$TOKENS"
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} nice -n 19 "$python" -m torch.distributed.run --standalone --nproc-per-node "$processes" \
    train.py --folder "$run" --shape "$SHAPE" --minutes "$MINUTES" --resume "${settings[@]}"

"$python" export.py --folder "$run" --out "$OUT" --name "$name"
"$python" evaluate.py --folder "$run" --weights "$run/hf/model.safetensors" --shape "$SHAPE" | tee "$run/results.json"
