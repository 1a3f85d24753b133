"""The best passages ranked again by a cross-encoder, which reads question and passage together.

Off unless asked for (``--reranker``): it takes tenths of a second and more where the search takes
milliseconds. sentence-transformers is loaded when a reranker is opened; `indexer.embedders` is its
other importer. Only the order changes: the relevances of the fusion stay with the places, best
first, so that the best of them still says whether there is an answer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.shapes import BadInput, Passage
from search_api.fusion import Candidates

DEPTH = 50  # best passages that are ranked again
BATCH = 16


class Reranker(Protocol):
    """Anything that says how well passages answer a question."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One number a text, shape (n,), the higher the better."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder, by hub name or folder."""

    def __init__(self, name: str) -> None:
        """:raises BadInput: if there is no such model, or it gives more than one number."""
        from sentence_transformers import CrossEncoder
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        for library in ("sentence_transformers", "transformers", "huggingface_hub"):
            logging.getLogger(library).setLevel(logging.ERROR)  # the refusal below says it all
        try:
            self._model = CrossEncoder(name, device="cpu")
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadInput(
                f"the reranker “{name}” cannot be loaded ({reason[:200]})",
                f"无法加载重排模型“{name}”（{reason[:200]}）",
            ) from None
        if self._model.num_labels != 1:
            raise BadInput(
                f"the reranker “{name}” gives {self._model.num_labels} numbers a passage, not one: "
                "choose a model that ranks",
                f"模型“{name}”对每段给出 {self._model.num_labels} 个数而不是一个：请选用排序模型",
            )

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One number a text, shape (n,)."""
        pairs = [(question, text) for text in texts]
        found = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(pairs))


def open_reranker(name: str) -> Reranker:
    """The cross-encoder of this name or in this folder.

    :raises BadInput: if it cannot be loaded.
    """
    return CrossEncoderReranker(name)


def read_with_headings(passage: Passage) -> str:
    """What the cross-encoder reads of a passage."""
    return " ".join((*passage.path, passage.text))


def reranked(ranked: Candidates, question: str, texts: Sequence[str], by: Reranker) -> Candidates:
    """``ranked`` with its first ``len(texts)`` in the order of ``by``; ties keep theirs."""
    scores = by.scores(question, texts)
    order = np.arange(len(ranked))
    order[: len(texts)] = np.argsort(-scores, kind="stable")
    moved = {name: getattr(ranked, name)[order] for name in ("row", "cosine", "lexical", "prior")}
    return replace(ranked, feedback=ranked.feedback[order], **moved)
