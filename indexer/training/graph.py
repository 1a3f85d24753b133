"""The encoder as one ONNX graph: int8 weights in, unit-length embeddings out.

Written node by node with onnxruntime's fused operators, so that nothing depends on how an
exporter traces the model. Attention, normalisation and GELU stay in float32; each product
with a weight matrix quantises its input on the fly, row by row, so that the embedding of
a text does not depend on what else is in its batch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from indexer.training.quantise import BLOCK, Float, pack_blocks, pack_rows

MICROSOFT = "com.microsoft"
OPSETS = (helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1))


class Graph:
    """Nodes and weights of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, array: NDArray[np.generic]) -> str:
        """Add a constant; returns its name."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, *inputs: str, out: str, domain: str = "", **options: float) -> str:
        """Add a node with one output; returns the output's name."""
        self.nodes.append(
            helper.make_node(kind, list(inputs), [out], name=out, domain=domain, **options)  # type: ignore[arg-type]
        )
        return out

    def linear(self, source: str, name: str, weight: Float) -> str:
        """source @ weight.T without bias; weight: [out, in]."""
        packed, scales = pack_blocks(weight)
        return self.node(
            "MatMulNBits",
            source,
            self.weight(f"{name}.weight", packed),
            self.weight(f"{name}.scale", scales.reshape(-1)),
            out=f"{name}.product",
            domain=MICROSOFT,
            K=weight.shape[1],
            N=weight.shape[0],
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def add_norm(self, source: str, skip: str, name: str, state: Mapping[str, Float]) -> str:
        """LayerNorm(source + bias + skip)."""
        return self.node(
            "SkipLayerNormalization",
            source,
            skip,
            self.weight(f"{name}.norm.weight", state[f"{name}.LayerNorm.weight"]),
            self.weight(f"{name}.norm.bias", state[f"{name}.LayerNorm.bias"]),
            self.weight(f"{name}.bias", state[f"{name}.dense.bias"]),
            out=f"{name}.output",
            domain=MICROSOFT,
            epsilon=1e-12,
        )


def _embeddings(graph: Graph, state: Mapping[str, Float], max_tokens: int) -> str:
    packed, scales = pack_rows(state["embeddings.word_embeddings.weight"])
    rows = graph.node("Gather", graph.weight("words", packed), "input_ids", out="rows")
    scale = graph.node("Gather", graph.weight("words.scale", scales), "input_ids", out="row_scale")
    cast = graph.node("Cast", rows, out="rows.float", to=TensorProto.FLOAT)
    words = graph.node("Mul", cast, scale, out="word_embeddings")
    places = state["embeddings.position_embeddings.weight"][:max_tokens]
    places = places + state["embeddings.token_type_embeddings.weight"][0]
    shape = graph.node("Shape", "input_ids", out="length", start=1, end=2)
    zero = graph.weight("zero", np.array([0], dtype=np.int64))
    table = graph.weight("positions", places)
    used = graph.node("Slice", table, zero, shape, zero, out="used_positions")
    placed = graph.node("Add", words, used, out="placed")
    return graph.node(
        "LayerNormalization",
        placed,
        graph.weight("embeddings.norm.weight", state["embeddings.LayerNorm.weight"]),
        graph.weight("embeddings.norm.bias", state["embeddings.LayerNorm.bias"]),
        out="embeddings.output",
        axis=-1,
        epsilon=1e-12,
    )


def _layer(graph: Graph, source: str, name: str, state: Mapping[str, Float], heads: int) -> str:
    own = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([state[f"{part}.weight"] for part in own])
    bias = np.concatenate([state[f"{part}.bias"] for part in own])
    product = graph.linear(source, f"{name}.attention.self", weight)
    parts = [f"{part}.product" for part in own]
    graph.nodes.append(helper.make_node("Split", [product], parts, name=f"{name}.split", axis=-1))
    attended = graph.node(
        "MultiHeadAttention",
        *parts,
        graph.weight(f"{name}.attention.self.bias", bias),
        "mask",
        out=f"{name}.attended",
        domain=MICROSOFT,
        num_heads=heads,
    )
    output = f"{name}.attention.output"
    mixed = graph.linear(attended, output, state[f"{output}.dense.weight"])
    middle = graph.add_norm(mixed, source, output, state)
    inner = f"{name}.intermediate"
    wide = graph.linear(middle, inner, state[f"{inner}.dense.weight"])
    inner_bias = graph.weight(f"{inner}.bias", state[f"{inner}.dense.bias"])
    active = graph.node("BiasGelu", wide, inner_bias, out=f"{inner}.gelu", domain=MICROSOFT)
    outer = f"{name}.output"
    narrow = graph.linear(active, outer, state[f"{outer}.dense.weight"])
    return graph.add_norm(narrow, middle, outer, state)


def _pooled(graph: Graph, hidden: str) -> str:
    """Unit-length mean over real tokens; the division by their number cancels out."""
    axis = graph.weight("axis", np.array([1], dtype=np.int64))
    present = graph.node("Cast", "attention_mask", out="present", to=TensorProto.FLOAT)
    wide = graph.node("Unsqueeze", present, axis, out="present.row")
    total = graph.node("MatMul", wide, hidden, out="total")
    flat = graph.node("Squeeze", total, axis, out="total.flat")
    return graph.node("LpNormalization", flat, out="embedding", axis=-1, p=2)


def build_model(
    state: Mapping[str, Float], *, layers: int, heads: int, max_tokens: int
) -> onnx.ModelProto:
    """ONNX model with the weights of a BERT encoder.

    state: transformers' names -> float32 arrays
    Inputs `input_ids`, `attention_mask`: int64 [batch, tokens], at most max_tokens wide.
    Output `embedding`: float32 [batch, width].
    """
    graph = Graph()
    graph.node("Cast", "attention_mask", out="mask", to=TensorProto.INT32)
    hidden = _embeddings(graph, state, max_tokens)
    for number in range(layers):
        hidden = _layer(graph, hidden, f"encoder.layer.{number}", state, heads)
    _pooled(graph, hidden)
    width = state["embeddings.word_embeddings.weight"].shape[1]
    size = ["batch", "tokens"]
    body = helper.make_graph(
        graph.nodes,
        "embedder",
        [
            helper.make_tensor_value_info(n, TensorProto.INT64, size)
            for n in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])],
        graph.weights,
    )
    return helper.make_model(body, opset_imports=list(OPSETS), ir_version=9)
