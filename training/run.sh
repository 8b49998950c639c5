#!/usr/bin/env bash
# Everything from the list of packages to models/nigh-small.gguf, in training/work (ignored by git). Run it again to go on where it
# stopped: what is there already is not made again, and training resumes from its checkpoint.
#
#   training/run.sh                           the embedded model: 8m, 80 minutes of training on two CPU cores
#   MINUTES=5 training/run.sh                 the same, shorter
#   SHAPE=60w MINUTES=40 training/run.sh      a larger shape; uses an NVIDIA GPU when there is one
#
# SHAPE    a shape of model.py                             MINUTES  of training
# TOKENS   of packed rows; the corpus repeats if smaller   WORK     where everything is made
# OUT      the GGUF                                        PYTHON   a Python 3.11 or newer
set -euo pipefail
cd "$(dirname "$0")"
SHAPE=${SHAPE:-8m} WORK=${WORK:-$PWD/work} PYTHON=${PYTHON:-python3}
case $SHAPE in 8m) name=nigh-small ;; *) name=nigh-$SHAPE ;; esac
OUT=${OUT:-../models/$name.gguf} MINUTES=${MINUTES:-80}
run=$WORK/$SHAPE
mkdir -p "$run"

if [ ! -x "$WORK/venv/bin/python" ]; then
    "$PYTHON" -m venv "$WORK/venv"
fi
python=$WORK/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check -r requirements.txt

gpu=$("$python" -c 'import torch; print(int(torch.cuda.is_available()))')
if [ "$gpu" = 1 ]; then
    TOKENS=${TOKENS:-600000000} batch=(--batch 256 --micro 32 --lr 2e-3)
else
    TOKENS=${TOKENS:-30000000} batch=(--batch 8 --lr 3e-3)
fi

[ -e "$WORK/corpus.jsonl" ] || "$python" corpus.py --work "$WORK"
[ -e "$WORK/tokenizer.json" ] || "$python" tokenizer.py --work "$WORK"
[ -e "$run/rows/rows.json" ] || "$python" rows.py --work "$WORK" --run "$run" --tokens "$TOKENS"
"$python" train.py --run "$run" --shape "$SHAPE" --minutes "$MINUTES" --resume "${batch[@]}"
"$python" export.py --run "$run" --out "$OUT" --name "$name"
"$python" evaluate.py --run "$run" --weights "$run/hf/model.safetensors" --shape "$SHAPE" | tee "$run/results.json"
