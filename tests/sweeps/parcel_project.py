"""A project of short texts, with a teacher and a language model so small that tests make them."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Library = Any
"""A module, or something of it: none is installed where the other tests run."""

LABELS = ("complaint", "praise")
TOPICS = (("refund", "late", "broken"), ("love", "great", "thanks"))
PROMPT = "text : {text} answer :"
END = "<|endoftext|>"
CHAT = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<|endoftext|>{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)

FILE = """
[student]
name = "parcels"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "bert"
adapter = "transformers"
source = "teacher"
terms = "own-model"
inputs = ["text"]

[data]
train = "train.parquet"
calibrate = "calibrate.parquet"
certify = "certify.parquet"
id = "id"

[slices]
columns = ["verb"]
critical = ["verb=was"]

[bars]
accuracy.floor = 0.7
accuracy.margin = 0.1
introduced_error.cap = 0.15

[bars.slice."verb=was"]
accuracy.margin = 0.2
introduced_error.cap = 0.25

[ladder]
"""


def texts() -> pa.Table:
    """Texts that three words give away, no two alike, mixed."""
    rows = [
        {"verb": verb, "text": f"{article} parcel {verb} {' '.join(words)}", "label": label}
        for (label, topic), article, verb in product(
            zip(LABELS, TOPICS, strict=True), ("a", "the"), ("is", "was")
        )
        for words in product(topic, repeat=3)
    ]
    mixed = [rows[at * 85 % len(rows)] for at in range(len(rows))]
    return pa.Table.from_pylist([{"id": f"p{at}", **row} for at, row in enumerate(mixed)])


def write_parcels(folder: Path, ladder: Mapping[str, str]) -> Path:
    """Write tables and the project file; the teacher lies in `teacher` beside them."""
    rows = texts()
    for use, first, last in (("train", 0, 60), ("calibrate", 60, 90), ("certify", 90, 216)):
        some = rows.slice(first, last - first)
        # Nobody labelled what is learned from: no student of people's labels is trained beside.
        some = some.drop_columns(["label"]) if use == "train" else some
        pq.write_table(some, folder / f"{use}.parquet")
    lines = [f"{key} = {value}" for key, value in ladder.items()]
    (folder / "distilproof.toml").write_text(FILE + "\n".join([*lines, ""]), "utf-8")
    return folder / "distilproof.toml"


def write_teacher(folder: Path, tokenizer: Library) -> None:
    """Write a BERT of four layers that learned the texts, and is not quite sure of them."""
    torch, transformers = import_module("torch"), import_module("transformers")
    rows = texts().slice(0, 60)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        id2label=dict(enumerate(LABELS)),
        label2id={name: at for at, name in enumerate(LABELS)},
    )
    model = transformers.BertForSequenceClassification(config)
    batch = tokenizer(rows["text"].to_pylist(), padding=True, return_tensors="pt")
    topics = torch.tensor([LABELS.index(label) for label in rows["label"].to_pylist()])
    steps = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(30):
        logits = model(**batch).logits
        torch.nn.functional.cross_entropy(logits, topics, label_smoothing=0.2).backward()
        steps.step()
        steps.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_language_model(folder: Path, seen: Sequence[str]) -> None:
    """Write a language model of two layers that knows nothing, and a tokenizer of bytes.

    The tokenizer learned from the texts that are seen, with a prompt before and a label behind.
    """
    torch, transformers = import_module("torch"), import_module("transformers")
    tokenizers: Library = import_module("tokenizers")
    words = tokenizers.Tokenizer(tokenizers.models.BPE())
    words.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, special_tokens=[END], show_progress=False
    )
    prompts = [f"{PROMPT.format(text=text)} {label}" for text in seen for label in LABELS]
    words.train_from_iterator(prompts, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token=END, pad_token=END
    )
    tokenizer.chat_template = CHAT
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=320,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=96,
        pad_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
