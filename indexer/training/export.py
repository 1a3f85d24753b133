"""A trained sentence-transformers folder as the bundled int8 ONNX model, and back.

`export` writes the three files that serving reads; `unpack` rebuilds an ordinary
sentence-transformers folder from them, so that the float weights need not be kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from indexer.training.graph import build_model
from indexer.training.quantise import Float, unpack_blocks, unpack_rows
from indexer.training.transplant import MAX_TOKENS, save_sentence_transformer

NAME = "xinfang-minilm"
FILES = ("model.onnx", "tokenizer.json")
_PARTS = ("query", "key", "value")


def average_states(folders: Sequence[Path]) -> tuple[BertConfig, dict[str, Float]]:
    """Configuration and mean weights of models that started from the same point."""
    models = [BertModel.from_pretrained(f, add_pooling_layer=False) for f in folders]
    states = [model.state_dict() for model in models]
    mean = {
        name: torch.stack([state[name].float() for state in states]).mean(dim=0).numpy()
        for name in states[0]
    }
    return models[0].config, mean


def average_model(folders: Sequence[Path]) -> BertModel:
    """The mean of the folders' models, in float32."""
    config, state = average_states(folders)
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    return model


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _describe(folder: Path, width: int, version: str, training: Mapping[str, object]) -> None:
    config = {
        "name": NAME,
        "version": version,
        "dimension": width,
        "max_tokens": MAX_TOKENS,
        "query_prompt": "",
        "passage_prompt": "",
        "sha256": {name: _sha256(folder / name) for name in FILES},
        "training": training,
    }
    text = json.dumps(config, ensure_ascii=False, indent=1)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def export(
    folders: Sequence[Path], to: Path, *, version: str, training: Mapping[str, object]
) -> None:
    """Write `model.onnx`, `tokenizer.json` and `config.json` for the folders' mean model.

    The files are written beside `to` and then renamed into place, config.json last.
    """
    config, state = average_states(folders)
    model = build_model(
        state,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        max_tokens=MAX_TOKENS,
    )
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to.parent) as name:
        partial = Path(name)
        (partial / "model.onnx").write_bytes(model.SerializeToString())
        tokenizer = Tokenizer.from_file(str(folders[0] / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        (partial / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
        _describe(partial, config.hidden_size, version, training)
        for file in (*FILES, "config.json"):
            (partial / file).replace(to / file)


def _layer_state(weights: Mapping[str, np.ndarray], name: str) -> dict[str, Float]:
    """One layer's weights under transformers' names."""
    own = f"{name}.attention.self"

    def matrix(part: str) -> Float:
        packed = weights[f"{part}.weight"]
        return unpack_blocks(packed, weights[f"{part}.scale"].reshape(packed.shape[:2]))

    state: dict[str, Float] = {}
    cuts = zip(np.split(matrix(own), 3), np.split(weights[f"{own}.bias"], 3), strict=True)
    for part, (weight, bias) in zip(_PARTS, cuts, strict=True):
        state |= {f"{own}.{part}.weight": weight, f"{own}.{part}.bias": bias}
    for part in ("attention.output", "intermediate", "output"):
        state[f"{name}.{part}.dense.weight"] = matrix(f"{name}.{part}")
        state[f"{name}.{part}.dense.bias"] = weights[f"{name}.{part}.bias"]
    for part in ("attention.output", "output"):
        for kind in ("weight", "bias"):
            state[f"{name}.{part}.LayerNorm.{kind}"] = weights[f"{name}.{part}.norm.{kind}"]
    return state


def read_state(path: Path) -> tuple[BertConfig, dict[str, Float]]:
    """Configuration and float weights of a `model.onnx` written by `export`."""
    graph = onnx.load(path).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    attention = [node for node in graph.node if node.op_type == "MultiHeadAttention"]
    heads = next(a.i for a in attention[0].attribute if a.name == "num_heads")
    words = unpack_rows(weights["words"], weights["words.scale"])
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=words.shape[1],
        num_hidden_layers=len(attention),
        num_attention_heads=heads,
        intermediate_size=len(weights["encoder.layer.0.intermediate.bias"]),
        max_position_embeddings=len(weights["positions"]),
        type_vocab_size=1,
        pad_token_id=0,
    )
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": weights["positions"],
        "embeddings.token_type_embeddings.weight": np.zeros((1, words.shape[1]), np.float32),
        "embeddings.LayerNorm.weight": weights["embeddings.norm.weight"],
        "embeddings.LayerNorm.bias": weights["embeddings.norm.bias"],
    }
    for number in range(len(attention)):
        state |= _layer_state(weights, f"encoder.layer.{number}")
    return config, state


def unpack(source: Path, to: Path) -> None:
    """Rebuild a sentence-transformers folder from the bundled files in `source`."""
    config, state = read_state(source / "model.onnx")
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    to.mkdir(parents=True, exist_ok=True)
    save_sentence_transformer(model, Tokenizer.from_file(str(source / "tokenizer.json")), to)
    shutil.copy(source / "config.json", to / "bundled.json")
