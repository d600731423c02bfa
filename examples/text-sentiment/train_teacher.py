"""Tunes the teacher of this example: MiniLM with two labels, on sentences that people rated.

    python train_teacher.py            data/teacher.parquet -> models/teacher/

The embeddings and the lower layers stay as they were published; the upper layers, the pooler and
the head are tuned. None of these sentences is among those that the students learn from, are
recalibrated on or are judged by. A teacher is whatever you have: nothing here is distilproof's.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import transformers

import torch

HERE = Path(__file__).parent
LABELS = ("negative", "positive")
BATCH, RATE, WARMUP, MOST_TOKENS = 32, 1e-4, 0.1, 64
POOL = 8
"""Batches whose sentences are sorted by length together, so that little of a batch is padding."""

Part = Any
"""Something of transformers, which says little of its types."""


def load(folder: Path, layers: int) -> tuple[Part, Part]:
    """Load the published model with a new head, and let so many upper layers learn."""
    names = dict(enumerate(LABELS))
    model: Part = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder,
        id2label=names,
        label2id={name: at for at, name in names.items()},
        local_files_only=True,
    )
    encoder = model.bert.encoder.layer
    for part in (model.bert.embeddings, *encoder[: len(encoder) - layers]):
        part.requires_grad_(requires_grad=False)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return model, tokenizer


def batches(lengths: list[int], chance: np.random.Generator) -> Iterator[list[int]]:
    """Places of sentences, a batch at a time: once each, in an order of chance."""
    order = chance.permutation(len(lengths)).tolist()
    pools = [order[at : at + POOL * BATCH] for at in range(0, len(order), POOL * BATCH)]
    by_length = [sorted(pool, key=lengths.__getitem__) for pool in pools]
    cut = [pool[at : at + BATCH] for pool in by_length for at in range(0, len(pool), BATCH)]
    return (cut[at] for at in chance.permutation(len(cut)))


def tune(model: Part, tokenizer: Part, texts: list[str], truth: list[int], epochs: int) -> None:
    """Teach the layers that may learn, by the labels of people."""
    learn = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learn, lr=RATE, weight_decay=0.01)
    steps = epochs * math.ceil(len(texts) / BATCH)
    rising = math.ceil(WARMUP * steps)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda at: min((at + 1) / rising, (steps - at) / max(1, steps - rising))
    )
    chance, lengths = np.random.default_rng(0), [len(text) for text in texts]
    model.train()
    for epoch in range(epochs):
        losses: list[float] = []
        for at in batches(lengths, chance):
            tokens = tokenizer(
                [texts[place] for place in at],
                padding=True,
                truncation=True,
                max_length=MOST_TOKENS,
                return_tensors="pt",
            )
            right = torch.tensor([truth[place] for place in at])
            loss = torch.nn.functional.cross_entropy(model(**tokens).logits, right)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learn, 1.0)
            optimiser.step()
            rates.step()
            optimiser.zero_grad()
            losses.append(float(loss.detach()))
        print(f"pass {epoch + 1} of {epochs}: loss {np.mean(losses):.3f}", flush=True)
    model.eval()


def main() -> None:
    """Tune `models/base/` on `data/teacher.parquet` and save it as `models/teacher/`."""
    parser = argparse.ArgumentParser(description="Tune the teacher of this example.")
    parser.add_argument("--layers", type=int, default=3, help="upper layers to tune, of 6")
    parser.add_argument("--epochs", type=int, default=3, help="passes over the sentences")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    rows = pq.read_table(HERE / "data" / "teacher.parquet", columns=["text", "sentiment"])
    truth = [LABELS.index(label) for label in rows["sentiment"].to_pylist()]
    model, tokenizer = load(HERE / "models" / "base", options.layers)
    tune(model, tokenizer, rows["text"].to_pylist(), truth, options.epochs)
    model.save_pretrained(HERE / "models" / "teacher")
    tokenizer.save_pretrained(HERE / "models" / "teacher")


if __name__ == "__main__":
    main()
