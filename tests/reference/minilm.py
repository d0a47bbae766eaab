"""The other side of the comparison that minilm.sh makes: the same texts with transformers and tokenizers."""

import json
import sys

import numpy as np
from tokenizers import Tokenizer
from transformers import FlaxBertModel

LEAST_COSINE = 0.999

folder, ours = sys.argv[1:]
lines = [json.loads(line) for line in open(ours, encoding="utf-8")]

tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_truncation()
tokenizer.enable_padding()
encoded = tokenizer.encode_batch([line["text"] for line in lines])
ids = np.array([entry.ids for entry in encoded])
mask = np.array([entry.attention_mask for entry in encoded])

model = FlaxBertModel.from_pretrained(folder, from_pt=True, add_pooling_layer=False)
hidden = np.asarray(model(input_ids=ids, attention_mask=mask).last_hidden_state, dtype=np.float64)
vectors = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

failures = 0
cosines = []
for line, row, used, vector in zip(lines, ids, mask, vectors, strict=True):
    expected = row[used == 1].tolist()
    if line["tokens"] != expected:
        failures += 1
        print(f"tokens of {line['text']!r}:\n  {line['tokens']}\n  {expected} expected")
    ours = np.array(line["vector"], dtype=np.float64)
    cosines.append(float(ours @ vector / np.linalg.norm(ours)))
    if cosines[-1] < LEAST_COSINE:
        failures += 1
        print(f"cosine {cosines[-1]:.6f} of {line['text']!r}")
print(f"{len(lines)} texts, {int(mask.sum())} tokens: cosine {min(cosines):.8f} at least, {np.mean(cosines):.8f} on average")
sys.exit(1 if failures else 0)
