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

from indexer.training.batches import Encoder
from indexer.training.data import read_groups
from indexer.training.graph import build_model
from indexer.training.quantise import Float, unpack_columns, unpack_rows
from indexer.training.transplant import MAX_TOKENS, save_sentence_transformer

NAME = "xinfang-minilm"
FILES = ("model.onnx", "tokenizer.json")
_PARTS = ("query", "key", "value")
_EVERY = 12  # of the groups, this one's texts show the ranges of a layer's inputs


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


@torch.inference_mode()
def input_ranges(model: BertModel, tokenizer: Tokenizer) -> dict[str, Float]:
    """The largest absolute value of each input of attention and of the inner layer: [width].

    By the layer's name, over passages and questions of the groups in both languages.
    """
    met: dict[str, list[torch.Tensor]] = {}

    def watch(name: str, part: str) -> None:
        def note(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            met.setdefault(name, []).append(inputs[0].abs().amax(dim=(0, 1)))

        model.get_submodule(part).register_forward_pre_hook(note)

    for number in range(model.config.num_hidden_layers):
        name = f"encoder.layer.{number}"
        watch(f"{name}.attention.self", f"{name}.attention.self.query")
        watch(f"{name}.intermediate", f"{name}.intermediate.dense")
    encoder = Encoder(model.eval(), tokenizer, max_tokens=MAX_TOKENS)  # type: ignore[no-untyped-call]
    for group in read_groups()[::_EVERY]:
        for text in (group.a, group.ea, group.zq, group.eq):
            encoder.embed([text], half=False)  # alone: without padding
    return {name: torch.stack(peaks).amax(dim=0).numpy() for name, peaks in met.items()}


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
    tokenizer = Tokenizer.from_file(str(folders[0] / "tokenizer.json"))
    model = build_model(
        state,
        input_ranges(average_model(folders), tokenizer),
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        max_tokens=MAX_TOKENS,
    )
    to.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=to.parent) as name:
        partial = Path(name)
        (partial / "model.onnx").write_bytes(model.SerializeToString())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        (partial / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
        _describe(partial, config.hidden_size, version, training)
        for file in (*FILES, "config.json"):
            (partial / file).replace(to / file)


def _layer_state(weights: Mapping[str, np.ndarray], name: str) -> dict[str, Float]:
    """One layer's weights under transformers' names."""
    own = f"{name}.attention.self"

    def matrix(part: str, smoothed: str | None = None) -> Float:
        packed = weights[f"{part}.weight"]
        even = np.ones(len(packed), dtype=np.float32)
        smooth: Float = np.reciprocal(weights[f"{smoothed}.smooth"]) if smoothed else even
        return unpack_columns(packed, weights[f"{part}.scale"], smooth)

    state: dict[str, Float] = {}
    for part, bias in zip(_PARTS, np.split(weights[f"{own}.bias"], 3), strict=True):
        state |= {f"{own}.{part}.weight": matrix(f"{own}.{part}", own), f"{own}.{part}.bias": bias}
    inner = f"{name}.intermediate"
    state[f"{inner}.dense.weight"] = matrix(inner, inner)
    for part in ("attention.output", "output"):
        state[f"{name}.{part}.dense.weight"] = matrix(f"{name}.{part}")
    for part in ("attention.output", "intermediate", "output"):
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
