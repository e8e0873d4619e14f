"""The collection of items on a Milvus server: its name, its fields and their indexes."""

from __future__ import annotations

import hashlib
import re

import numpy as np
from pymilvus import CollectionSchema, DataType, Function, FunctionType, MilvusClient
from pymilvus.milvus_client import IndexParams

from matcher.engine.bm25 import K1, B
from matcher.engine.items import Side
from matcher.engine.reference import Reference

PREFIX = "matcher"
LONGEST_TEXT = 65_535  # bytes of one VARCHAR
MOST_SLICES = 256  # of the packed text: 16 MB


def collection_name(side: Side, encoder: str, reference: Reference) -> str:
    """Return the name for items of a side under an encoder and a reference: others of these make another collection."""
    digest = hashlib.blake2b(encoder.encode("utf-8"), digest_size=6)
    for array in (reference.centre, reference.covariance, reference.sample):
        digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    for means in (reference.item_means, reference.query_means):
        for language in sorted(means):
            digest.update(language.encode("utf-8") + np.ascontiguousarray(means[language], "<f4").tobytes())
    readable = re.sub(r"[^A-Za-z0-9]+", "_", encoder).strip("_")[-60:]
    return f"{PREFIX}_{side}_{readable}_{digest.hexdigest()}"


def schema(dimension: int, tokenizer: str) -> CollectionSchema:
    """Return the fields of a collection; `tokenizer` is the server's name for one that splits at spaces."""
    fields = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    fields.add_field("id", DataType.INT64, is_primary=True)
    fields.add_field("text_hash", DataType.VARCHAR, max_length=128)
    fields.add_field("stamp", DataType.VARCHAR, max_length=64)
    fields.add_field("language", DataType.VARCHAR, max_length=64)
    fields.add_field("length", DataType.INT64)
    fields.add_field("hubness", DataType.FLOAT)
    # The terms are separated already: the analyser only has to split them at the spaces between.
    analyser = {"tokenizer": tokenizer}
    fields.add_field("terms", DataType.VARCHAR, max_length=LONGEST_TEXT, enable_analyzer=True, analyzer_params=analyser)
    fields.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    fields.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
    fields.add_field(
        "packed", DataType.ARRAY, element_type=DataType.VARCHAR, max_length=LONGEST_TEXT, max_capacity=MOST_SLICES
    )
    fields.add_function(Function("words", FunctionType.BM25, input_field_names=["terms"], output_field_names=["bm25"]))
    return fields


def indexes() -> IndexParams:
    """Return the indexes of a collection."""
    wanted = MilvusClient.prepare_index_params()
    wanted.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 30, "efConstruction": 360})
    wanted.add_index(
        "bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={"bm25_k1": K1, "bm25_b": B}
    )
    wanted.add_index("language", index_type="INVERTED")
    return wanted
