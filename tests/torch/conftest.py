"""A tiny text classifier, trained where it is tested: nothing is downloaded."""

from importlib import import_module
from typing import Any

import pytest

Library = Any
"""A module, or something of it: none is installed where the other tests run."""

WORDS = ("refund", "late", "broken", "love", "great", "thanks", "the", "parcel", "is", "was", "a")
TOPICS = (("refund", "late", "broken"), ("love", "great", "thanks"))
LABELS = ("complaint", "praise")


def texts() -> list[tuple[str, int]]:
    """Sentences that a word gives away, and their topics."""
    return [
        (f"the parcel {verb} {word}{' ' + other if other != word else ''}", topic)
        for topic, words in enumerate(TOPICS)
        for word in words
        for other in words
        for verb in ("is", "was")
    ]


@pytest.fixture(scope="session")
def torch() -> Library:
    """PyTorch on one thread: loaded here, so that tests are collected without it."""
    found: Library = import_module("torch")
    found.set_num_threads(1)
    return found


@pytest.fixture(scope="session")
def transformers(torch: Library) -> Library:
    del torch
    found: Library = import_module("transformers")
    found.logging.set_verbosity_error()
    return found


@pytest.fixture(scope="session")
def tokenizer(transformers: Library) -> Library:
    """A tokenizer of whole words, trained on the sentences."""
    tokenizers: Library = import_module("tokenizers")
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(unk_token="[UNK]"))  # noqa: S106 - a token of a text
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.WordLevelTrainer(
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    )
    model.train_from_iterator([text for text, _ in texts()] + [" ".join(WORDS)], trainer)
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=model,
        unk_token="[UNK]",  # noqa: S106 - a token of a text
        pad_token="[PAD]",  # noqa: S106 - a token of a text
        cls_token="[CLS]",  # noqa: S106 - a token of a text
        sep_token="[SEP]",  # noqa: S106 - a token of a text
    )


def configured(transformers: Library, **others: object) -> Library:
    return transformers.BertConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=24,
        **{"id2label": dict(enumerate(LABELS)), "label2id": {n: i for i, n in enumerate(LABELS)}}
        | others,
    )


@pytest.fixture(scope="session")
def classifier(torch: Library, transformers: Library, tokenizer: Library) -> Library:
    """A BERT of one layer that tells the topics apart."""
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(configured(transformers))
    said, topics = zip(*texts(), strict=True)
    batch = tokenizer([*said], padding=True, return_tensors="pt")
    steps = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(40):
        loss = model(**batch, labels=torch.tensor(topics)).loss
        loss.backward()
        steps.step()
        steps.zero_grad()
    return model.eval()
