"""Trains the weights of the default model from rows of token ids.

The Rust program beside this file writes the rows (`corpus`) and turns the
weights written here into a GGUF file (`pack`). Everything model-shaped is in
`hidden`; the rest is an optimiser and a loop.

A row is a fixed number of u16 token ids. Two high bits carry what the trainer
needs to know about a token: it starts a dialogue, and it was said by the
assistant (only those are learned).
"""

import argparse
import json
import os
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save_file

STARTS_DIALOGUE = 0x8000
IS_LEARNED = 0x4000
ID_BITS = 0x3FFF

# Small enough to be trained on a processor or two.
WIDTH, LAYERS, HEADS, FEED, EPS, ROPE_BASE = 192, 4, 6, 512, 1e-5, 10000.0
HEAD = WIDTH // HEADS


def initial_weights(vocab, key):
    """Matrices as [layer, out, in]. What writes into the residual stream starts
    at zero, so every layer starts as the identity."""
    keys = iter(jax.random.split(key, 8))

    def spread(out, inp):
        return jax.random.normal(next(keys), (LAYERS, out, inp)) * (0.7 / inp**0.5)

    return {
        "embedding": jax.random.normal(next(keys), (vocab, WIDTH)) * 0.3,
        "head": jax.random.normal(next(keys), (vocab, WIDTH)) * 0.01,
        "q": spread(WIDTH, WIDTH),
        "k": spread(WIDTH, WIDTH),
        "v": spread(WIDTH, WIDTH),
        "o": jnp.zeros((LAYERS, WIDTH, WIDTH)),
        "gate": spread(FEED, WIDTH),
        "up": spread(FEED, WIDTH),
        "down": jnp.zeros((LAYERS, WIDTH, FEED)),
        "norm_attention": jnp.ones((LAYERS, WIDTH)),
        "norm_feed": jnp.ones((LAYERS, WIDTH)),
        "norm_out": jnp.ones((WIDTH,)),
    }


def rms_norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + EPS) * weight


def rotate(x, cos, sin):
    """RoPE on neighbouring pairs, the layout llama.cpp expects of "llama"."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = jnp.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
    return turned.reshape(x.shape)


def hidden(w, ids, dialogue):
    """The last layer's output; a token sees only its own dialogue's past."""
    rows, length = ids.shape
    angle = jnp.arange(length)[:, None] * ROPE_BASE ** (-jnp.arange(0, HEAD, 2) / HEAD)
    cos, sin = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    past = jnp.tril(jnp.ones((length, length), bool))
    visible = past & (dialogue[:, :, None] == dialogue[:, None, :])
    bias = jnp.where(visible, 0.0, -1e9)[:, None]

    x = w["embedding"][ids]
    for layer in range(LAYERS):
        h = rms_norm(x, w["norm_attention"][layer])
        q, k, v = ((h @ w[n][layer].T).reshape(rows, length, HEADS, HEAD) for n in "qkv")
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * HEAD**-0.5 + bias
        seen = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)
        x = x + seen.reshape(rows, length, WIDTH) @ w["o"][layer].T
        h = rms_norm(x, w["norm_feed"][layer])
        gated = jax.nn.silu(h @ w["gate"][layer].T) * (h @ w["up"][layer].T)
        x = x + gated @ w["down"][layer].T
    return rms_norm(x, w["norm_out"])


def split_row(row):
    """Inputs, targets, which targets count, and the dialogue of each input."""
    ids = (row & ID_BITS).astype(jnp.int32)
    dialogue = jnp.cumsum((row & STARTS_DIALOGUE) != 0, axis=1)
    learned = (row & IS_LEARNED) != 0
    # The last token of a row has no target; lengths stay powers of two this way.
    target = jnp.pad(ids[:, 1:], ((0, 0), (0, 1)))
    return ids, target, jnp.pad(learned[:, 1:], ((0, 0), (0, 1))), dialogue


def loss_of(w, row):
    ids, target, learned, dialogue = split_row(row)
    x = hidden(w, ids, dialogue).reshape(-1, WIDTH)
    # Less than half of the tokens are learned: only they need logits.
    chosen = jnp.nonzero(learned.ravel(), size=learned.size // 2, fill_value=-1)[0]
    logits = x[chosen] @ w["head"].T
    picked = jnp.take_along_axis(logits, target.ravel()[chosen][:, None], -1)[:, 0]
    nll = jax.nn.logsumexp(logits, axis=-1) - picked
    return jnp.sum(nll * (chosen >= 0)) / jnp.sum(chosen >= 0)


def orthogonalised(m):
    """Newton-Schulz steps towards the nearest orthogonal matrix (Muon)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = m.shape[-2] > m.shape[-1]
    x = m.mT if tall else m
    x = x / (jnp.linalg.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
    for _ in range(5):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    x = x.mT if tall else x
    return x * max(1.0, m.shape[-2] / m.shape[-1]) ** 0.5


MUON = ("q", "k", "v", "o", "gate", "up", "down")
ADAM_RATE = {"embedding": 0.3, "head": 0.3}  # relative to the matrices' rate


@partial(jax.jit, donate_argnums=(0, 1, 2))
def train_step(w, state, average, row, rate, step):
    """Muon for the matrices, Adam for embeddings and norms: about twice the
    progress per token of Adam alone, and tokens are what a CPU is short of."""
    loss, grad = jax.value_and_grad(loss_of)(w, row)
    new_w, new_state = {}, {}
    for name, g in grad.items():
        m, v = state[name]
        if name in MUON:
            m = 0.95 * m + g
            update = orthogonalised(g + 0.95 * m)
            new_w[name] = w[name] * (1 - 0.05 * rate) - rate * update
        else:
            m, v = 0.9 * m + 0.1 * g, 0.98 * v + 0.02 * g * g
            update = (m / (1 - 0.9**step)) / (jnp.sqrt(v / (1 - 0.98**step)) + 1e-10)
            new_w[name] = w[name] - rate * ADAM_RATE.get(name, 0.05) * update
        new_state[name] = (m, v)
    # The average over the last hundred steps is what is kept: it is free of most
    # of the noise of small batches, and so of use long before the rate is low.
    average = {n: a + 0.01 * (new_w[n] - a) for n, a in average.items()}
    return new_w, new_state, average, loss


@jax.jit
def held_out_hits(w, row):
    """Per row: would greedy decoding give the expected reply, letter by letter?"""
    ids, target, learned, dialogue = split_row(row)
    right = jnp.argmax(hidden(w, ids, dialogue) @ w["head"].T, axis=-1) == target
    return jnp.all(right | ~learned, axis=1)


def held_out_report(w, folder):
    rows = np.fromfile(f"{folder}/held-out.bin", "<u2").reshape(-1, 256)
    with open(f"{folder}/held-out.txt") as file:
        topics = np.array(file.read().split())
    pad = -len(rows) % 20
    padded = np.concatenate([rows, rows[:pad]])
    hits = np.concatenate([held_out_hits(w, part) for part in np.split(padded, len(padded) // 20)])
    hits = hits[: len(rows)]
    # Stories are free to differ from the sample, so they are left out of the total.
    total = hits[topics != "story"].mean()
    each = "  ".join(f"{t} {hits[topics == t].mean():.0%}" for t in dict.fromkeys(topics))
    return f"held-out, word for word: {total:.1%}   {each}"


def batches(folder, seed):
    """Every fifth batch has long rows, for long conversations."""
    random = np.random.default_rng(seed)
    kinds = []
    for name, length, count in (("short", 128, 16), ("middle", 256, 8), ("long", 512, 4)):
        rows = np.fromfile(f"{folder}/{name}.bin", "<u2").reshape(-1, length)
        kinds.append((rows, count, []))
    while True:
        for kind in (0, 1, 0, 1, 2):
            rows, count, left = kinds[kind]
            if len(left) < count:
                left[:] = random.permutation(len(rows)).tolist()
            yield rows[[left.pop() for _ in range(count)]]


def save(path, w, state, average, step):
    """`average` is the model; the rest is for `--resume`."""
    tensors = {f"w.{n}": np.asarray(x) for n, x in average.items()}
    for name, (m, v) in state.items():
        tensors[f"now.{name}"] = np.asarray(w[name])
        tensors[f"m.{name}"], tensors[f"v.{name}"] = np.asarray(m), np.asarray(v)
    tensors["step"] = np.array([step], np.float32)
    shape = {
        "vocab": len(w["head"]), "width": WIDTH, "layers": LAYERS, "heads": HEADS, "feed": FEED,
        "eps": EPS, "rope_base": ROPE_BASE, "context": 512,
    }
    save_file(tensors, f"{path}.part", metadata={"shape": json.dumps(shape)})
    os.replace(f"{path}.part", path)


def load(path, vocab):
    tensors = {n: jnp.array(x) for n, x in load_file(path).items()}
    for name, x in tensors.items():
        if name.endswith((".embedding", ".head")) and len(x) < vocab:
            # Rows of tokens that are new in the vocabulary; their optimiser state starts at zero.
            shape = (vocab - len(x), WIDTH)
            spread = x.std() if name.endswith("embedding") and not name.startswith(("m.", "v.")) else 0.0
            tensors[name] = jnp.concatenate([x, spread * jax.random.normal(jax.random.PRNGKey(1), shape)])
    average = {n[2:]: x for n, x in tensors.items() if n.startswith("w.")}
    w = {n: tensors.get(f"now.{n}", x + 0) for n, x in average.items()}
    state = {n: (tensors[f"m.{n}"], tensors[f"v.{n}"]) for n in average}
    return w, state, average, int(tensors["step"][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder that `corpus` wrote")
    parser.add_argument("--out", required=True, help="weights, as safetensors")
    parser.add_argument("--vocab", type=int, default=1600)
    parser.add_argument("--minutes", type=float, default=60, help="time to train for")
    parser.add_argument("--cooldown", type=float, default=0.9, help="last part in which the rate falls to zero")
    parser.add_argument("--rate", type=float, default=0.012)
    parser.add_argument("--resume", help="weights with optimiser state to go on from")
    parser.add_argument("--report", type=float, default=5, help="minutes between reports")
    options = parser.parse_args()

    if options.resume:
        w, state, average, step = load(options.resume, options.vocab)
    else:
        w, step = initial_weights(options.vocab, jax.random.PRNGKey(0)), 0
        average = {n: x + 0 for n, x in w.items()}
        state = {n: (jnp.zeros_like(x), jnp.zeros_like(x)) for n, x in w.items()}
    print(f"{sum(x.size for x in w.values()):,} parameters", flush=True)

    start = last_report = time.time()
    losses = []
    for row in batches(options.data, step):
        # The schedule follows the clock: the run ends on time however busy the machine is.
        done = (time.time() - start) / 60 / options.minutes
        if done >= 1:
            break
        rate = options.rate * min(1.0, (step + 1) / 50, (1 - done) / max(options.cooldown, 1e-9))
        step += 1
        w, state, average, loss = train_step(w, state, average, row, rate, float(step))
        losses.append(float(loss))
        if time.time() - last_report > options.report * 60:
            last_report = time.time()
            mean = np.mean(losses[-100:])
            print(f"{(last_report - start) / 60:5.1f} min  step {step}  rate {rate:.4f}  loss {mean:.4f}", flush=True)
            print(held_out_report(average, options.data), flush=True)
            save(options.out, w, state, average, step)
    save(options.out, w, state, average, step)
    print(f"step {step}  loss {np.mean(losses[-100:]):.4f}\n{held_out_report(average, options.data)}")


if __name__ == "__main__":
    main()
