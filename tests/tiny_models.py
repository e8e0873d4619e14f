"""Real models of a few kilobytes with random weights: their vectors mean nothing, everything else about them is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDTH = 24
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;%-"
_MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def _tokenizer_and_config(folder: Path, **more: Any) -> tuple[Any, Any]:
    from transformers import BertConfig, BertTokenizerFast

    folder.mkdir(parents=True)
    hanzi = [chr(code) for code in range(0x4E00, 0x9FA5)]
    words = [*_MARKS, *_LETTERS, *(f"##{letter}" for letter in _LETTERS), *hanzi]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=WIDTH,
        max_position_embeddings=64,
        **more,
    )
    return BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64), config


def tiny_encoder(folder: Path) -> Path:
    """Write a sentence-transformers model of WIDTH dimensions."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertModel

    raw = folder.with_name(f"{folder.name}-raw")
    tokenizer, config = _tokenizer_and_config(raw)
    torch.manual_seed(7)
    BertModel(config).save_pretrained(raw)
    tokenizer.save_pretrained(raw)
    SentenceTransformer(modules=[Transformer(str(raw)), Pooling(WIDTH)], device="cpu").save(str(folder))
    return folder


def tiny_cross_encoder(folder: Path, outputs: int = 1) -> Path:
    """Write a cross-encoder with so many outputs a pair."""
    import torch
    from transformers import BertForSequenceClassification

    tokenizer, config = _tokenizer_and_config(folder, num_labels=outputs)
    torch.manual_seed(7)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
