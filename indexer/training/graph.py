"""The encoder as one ONNX graph: int8 weights in, unit-length embeddings out.

Written node by node with onnxruntime's operators, so that nothing depends on how an exporter
traces the model. Attention, normalisation and GELU stay in float32; each product with a
weight matrix quantises its input on the fly, row by row, so that the embedding of a text
does not depend on what else is in its batch. Bias, sum and normalisation are nodes of their
own: the operator that fuses them takes several times as long.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from indexer.training.quantise import (
    INPUT,
    ZERO,
    Float,
    pack_columns,
    pack_rows,
    smoothing,
)

MICROSOFT = "com.microsoft"
OPSETS = (helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1))
GELU_LEAST = 0.17  # GELU never falls below its negative


class Graph:
    """Nodes and weights of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, array: NDArray[np.generic] | np.generic) -> str:
        """Add a constant; returns its name."""
        self.weights.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(self, kind: str, *inputs: str, out: str, domain: str = "", **options: object) -> str:
        """Add a node with one output; returns the output's name."""
        self.nodes.append(
            helper.make_node(kind, list(inputs), [out], name=out, domain=domain, **options)  # type: ignore[arg-type]
        )
        return out

    def row_bytes(self, source: str, *, least: str, positive: bool = False) -> tuple[str, str]:
        """The rows of `source` as bytes around `ZERO`, and the largest value of each: [.., 1].

        least: constant, what the largest value is at least
        positive: no value of `source` is farther below 0 than `least`
        """
        sizes = source if positive else self.node("Abs", source, out=f"{source}.sizes")
        peak = self.node("ReduceMax", sizes, out=f"{source}.peak", axes=[-1], keepdims=1)
        most = self.node("Max", peak, least, out=f"{source}.most")
        share = self.node("Reciprocal", most, out=f"{source}.share")
        unit = self.node("Mul", source, share, out=f"{source}.unit")
        return self.node("QuantizeLinear", unit, "step", "middle", out=f"{source}.bytes"), most

    def linear(self, rows: tuple[str, str], name: str, weight: Float, smooth: Float) -> str:
        """source @ weight.T without bias; rows: `row_bytes` of source / smooth."""
        packed, scales = pack_columns(weight, smooth)
        product = self.node(
            "MatMulIntegerToFloat",
            rows[0],
            self.weight(f"{name}.weight", packed),
            "step",
            self.weight(f"{name}.scale", scales),
            "middle",
            out=f"{name}.share",
            domain=MICROSOFT,
        )
        return self.node("Mul", product, rows[1], out=f"{name}.product")

    def smooth_rows(self, source: str, name: str, smooth: Float) -> tuple[str, str]:
        """`row_bytes` of source / smooth."""
        factors = self.weight(f"{name}.smooth", 1 / smooth)
        smoothed = self.node("Mul", source, factors, out=f"{name}.smoothed")
        return self.row_bytes(smoothed, least="tiny")

    def norm(self, source: str, name: str, state: Mapping[str, Float], weights: str) -> str:
        """LayerNorm(source) with the parameters that `state` has under `weights`."""
        return self.node(
            "LayerNormalization",
            source,
            self.weight(f"{name}.norm.weight", state[f"{weights}.weight"]),
            self.weight(f"{name}.norm.bias", state[f"{weights}.bias"]),
            out=f"{name}.output",
            axis=-1,
            epsilon=1e-12,
        )

    def add_norm(self, source: str, skip: str, name: str, state: Mapping[str, Float]) -> str:
        """LayerNorm(source + bias + skip)."""
        bias = self.weight(f"{name}.bias", state[f"{name}.dense.bias"])
        biased = self.node("Add", source, bias, out=f"{name}.biased")
        total = self.node("Add", biased, skip, out=f"{name}.sum")
        return self.norm(total, name, state, f"{name}.LayerNorm")


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
    return graph.norm(placed, "embeddings", state, "embeddings.LayerNorm")


def _attention(
    graph: Graph, source: str, name: str, state: Mapping[str, Float], ranges: Float, heads: int
) -> str:
    """The heads' results side by side, before their mixing."""
    own = [f"{name}.{part}" for part in ("query", "key", "value")]
    smooth = smoothing(np.concatenate([state[f"{part}.weight"] for part in own]), ranges)
    rows = graph.smooth_rows(source, name, smooth)
    bias = np.concatenate([state[f"{part}.bias"] for part in own])
    return graph.node(
        "MultiHeadAttention",
        *(graph.linear(rows, part, state[f"{part}.weight"], smooth) for part in own),
        graph.weight(f"{name}.bias", bias),
        "mask",
        out=f"{name}.attended",
        domain=MICROSOFT,
        num_heads=heads,
    )


def _layer(
    graph: Graph,
    source: str,
    name: str,
    state: Mapping[str, Float],
    ranges: Mapping[str, Float],
    heads: int,
) -> str:
    own = f"{name}.attention.self"
    attended = _attention(graph, source, own, state, ranges[own], heads)
    output = f"{name}.attention.output"
    weight = state[f"{output}.dense.weight"]
    even = np.ones(weight.shape[1], dtype=np.float32)
    mixed = graph.linear(graph.row_bytes(attended, least="tiny"), output, weight, even)
    middle = graph.add_norm(mixed, source, output, state)
    inner = f"{name}.intermediate"
    weight = state[f"{inner}.dense.weight"]
    smooth = smoothing(weight, ranges[inner])
    wide = graph.linear(graph.smooth_rows(middle, inner, smooth), inner, weight, smooth)
    bias = graph.weight(f"{inner}.bias", state[f"{inner}.dense.bias"])
    active = graph.node("BiasGelu", wide, bias, out=f"{inner}.gelu", domain=MICROSOFT)
    outer = f"{name}.output"
    weight = state[f"{outer}.dense.weight"]
    rows = graph.row_bytes(active, least="gelu.least", positive=True)
    even = np.ones(weight.shape[1], dtype=np.float32)
    return graph.add_norm(graph.linear(rows, outer, weight, even), middle, outer, state)


def _pooled(graph: Graph, hidden: str) -> str:
    """Unit-length mean over real tokens; the division by their number cancels out."""
    axis = graph.weight("axis", np.array([1], dtype=np.int64))
    present = graph.node("Cast", "attention_mask", out="present", to=TensorProto.FLOAT)
    wide = graph.node("Unsqueeze", present, axis, out="present.row")
    total = graph.node("MatMul", wide, hidden, out="total")
    flat = graph.node("Squeeze", total, axis, out="total.flat")
    return graph.node("LpNormalization", flat, out="embedding", axis=-1, p=2)


def build_model(
    state: Mapping[str, Float],
    ranges: Mapping[str, Float],
    *,
    layers: int,
    heads: int,
    max_tokens: int,
) -> onnx.ModelProto:
    """ONNX model with the weights of a BERT encoder.

    state: transformers' names -> float32 arrays
    ranges: for every layer's `attention.self` and `intermediate`, the largest absolute value
        met of each of its inputs: [width]
    Inputs `input_ids`, `attention_mask`: int64 [batch, tokens], at most max_tokens wide.
    Output `embedding`: float32 [batch, width].
    """
    graph = Graph()
    graph.weight("step", np.float32(1 / INPUT))
    graph.weight("middle", np.uint8(ZERO))
    graph.weight("tiny", np.float32(1e-9))
    graph.weight("gelu.least", np.float32(GELU_LEAST))
    graph.node("Cast", "attention_mask", out="mask", to=TensorProto.INT32)
    hidden = _embeddings(graph, state, max_tokens)
    for number in range(layers):
        hidden = _layer(graph, hidden, f"encoder.layer.{number}", state, ranges, heads)
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
