"""MiniLM with a Chinese vocabulary: new input embeddings, the body untouched.

A Chinese word starts as the weighted mean of MiniLM's input embeddings of its English
glosses (the usual sense weighs most), a character as the mean over words that contain it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertModel, PreTrainedTokenizerFast

from indexer.training.data import (
    Entry,
    Group,
    minilm_folder,
    read_everyday,
    read_groups,
    read_lexicon,
    read_terms,
)
from indexer.training.vocabulary import (
    MAX_WORD,
    SPECIAL,
    build_tokenizer,
    characters,
    english_pieces,
    is_han,
)

MAX_TOKENS = 256
Vector = NDArray[np.float32]

_EMPTY_WORDS = frozenset(
    ("a", "an", "the", "of", "to", "in", "on", "for", "and", "or", "be", "by", "with", "at", "as")
)
_MARKS = {
    "。": ".",
    "、": ",",
    "《": '"',
    "》": '"',
    "〈": '"',
    "〉": '"',
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "〇": "0",
}


def merge_entries(lexicon: Sequence[Entry], terms: Sequence[Entry]) -> list[Entry]:
    """Words and terms by frequency; a term of unknown frequency stands in the middle."""
    wanted = {term.word: term for term in terms if 1 < len(term.word) <= MAX_WORD}
    merged = [wanted.pop(entry.word, entry) for entry in lexicon]
    middle = min(3000, len(merged))
    return merged[:middle] + list(wanted.values()) + merged[middle:]


class Transplant:
    """Makes input embeddings for new pieces out of MiniLM's."""

    def __init__(self, wordpiece: Tokenizer, table: Vector) -> None:
        self._wordpiece = wordpiece
        self._table = table  # [WordPiece vocabulary, width]
        self._norm = float(np.linalg.norm(table, axis=1).mean())

    def gloss(self, text: str) -> Vector:
        """Mean input embedding of an English gloss, empty words left out: [width]."""
        encoding = self._wordpiece.encode(text.lower(), add_special_tokens=False)
        pairs = list(zip(encoding.tokens, encoding.ids, strict=True))
        ids = [i for token, i in pairs if token not in _EMPTY_WORDS] or encoding.ids
        mean: Vector = self._table[ids].mean(axis=0)
        return mean

    def word(self, entry: Entry) -> Vector:
        """Weighted mean over glosses, each 0.8 times as heavy as the one before: [width]."""
        weights = 0.8 ** np.arange(len(entry.glosses), dtype=np.float32)
        vectors = np.stack([self.gloss(gloss) for gloss in entry.glosses])
        return self._scaled(np.average(vectors, axis=0, weights=weights))

    def characters(self, words: Mapping[str, Vector]) -> dict[str, Vector]:
        """Mean over the words that contain each character; frequent words come first."""
        containing: dict[str, list[Vector]] = defaultdict(list)
        for word, vector in words.items():
            for char in set(word):
                containing[char].append(vector)
        return {c: self._scaled(_mean(vectors[:20])) for c, vectors in containing.items()}

    def _scaled(self, vector: Vector) -> Vector:
        """The vector at the usual length of an English piece, since a mean is shorter."""
        scaled: Vector = vector * (self._norm / max(float(np.linalg.norm(vector)), 1e-6))
        return scaled


def _mean(vectors: Sequence[Vector]) -> Vector:
    mean: Vector = np.stack(vectors).mean(axis=0)
    return mean


def input_embeddings(
    tokenizer: Tokenizer,
    english: Mapping[str, str],
    entries: Sequence[Entry],
    wordpiece: Tokenizer,
    table: Vector,
) -> Vector:
    """Input embeddings in the order of the new vocabulary: [vocabulary, width]."""
    maker = Transplant(wordpiece, table)
    source = {piece: piece for piece in SPECIAL} | _MARKS | dict(english)
    words = {entry.word: maker.word(entry) for entry in entries}
    chars = maker.characters(words)
    unknown = _mean(list(words.values()))
    rows: list[Vector] = []
    for piece, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]):
        if piece in source:
            rows.append(table[wordpiece.token_to_id(source[piece])])
        else:
            rows.append(words.get(piece, chars.get(piece, unknown)))
    return np.stack(rows).astype(np.float32)


def agreement(ours: Tokenizer, wordpiece: Tokenizer, texts: Sequence[str]) -> float:
    """Share of English texts' pieces that both tokenizers cut alike, by position."""
    same = total = 0
    for text in texts:
        mine = set(_bare_pieces(ours, text))
        expected = _bare_pieces(wordpiece, text)
        same += sum(piece in mine for piece in expected)
        total += len(expected)
    return same / max(total, 1)


def _bare_pieces(tokenizer: Tokenizer, text: str) -> list[tuple[int, str]]:
    """Pieces without marks, each with the count of characters before it."""
    position = 0
    pieces: list[tuple[int, str]] = []
    for token in tokenizer.encode(text, add_special_tokens=False).tokens:
        bare = token.removeprefix("##") if len(token) > 2 else token
        bare = bare.removeprefix("▁")
        pieces.append((position, bare))
        position += len(bare)
    return pieces


def wrap_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers and sentence-transformers load it."""
    pad, unknown, start, end = SPECIAL
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=pad,
        unk_token=unknown,
        cls_token=start,
        sep_token=end,
        model_max_length=MAX_TOKENS,
    )


def save_sentence_transformer(model: BertModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Write an ordinary sentence-transformers folder: mean pooling, unit length."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    body = folder / "body"
    model.save_pretrained(body)
    wrap_tokenizer(tokenizer).save_pretrained(body)
    transformer = Transformer(str(body), max_seq_length=MAX_TOKENS)
    pooling = Pooling(model.config.hidden_size, pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling, Normalize()]).save(str(folder))
    for path in body.iterdir():
        path.unlink()
    body.rmdir()


def group_texts(groups: Sequence[Group]) -> list[str]:
    """Every Chinese text of the groups."""
    return [text for g in groups for text in (g.topic, g.a, g.b, g.zq, g.zk)]


def transplant(folder: Path) -> dict[str, float]:
    """Write the transplanted model to `folder`; returns figures about its vocabulary."""
    source = minilm_folder()
    wordpiece = Tokenizer.from_file(str(source / "tokenizer.json"))
    wordpiece.no_padding()
    wordpiece.no_truncation()
    groups = read_groups()
    entries = merge_entries(read_lexicon(), [*read_terms(), *read_everyday()])
    ordered = sorted(wordpiece.get_vocab().items(), key=lambda item: item[1])
    english = english_pieces(piece for piece, _ in ordered)
    words = [entry.word for entry in entries if is_han(entry.word)]
    chars = characters([*words, *group_texts(groups)])
    tokenizer = build_tokenizer(list(english), words, chars)

    model = BertModel.from_pretrained(source, add_pooling_layer=False)
    table = model.embeddings.word_embeddings.weight.detach().numpy()
    rows = input_embeddings(tokenizer, english, entries, wordpiece, table)
    model.resize_token_embeddings(len(rows), mean_resizing=False)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.copy_(torch.from_numpy(rows))
    model.config.pad_token_id = 0
    save_sentence_transformer(model, tokenizer, folder)
    texts = [text for g in groups for text in (g.ea, g.eq, g.ek)]
    return {
        "vocabulary": float(len(rows)),
        "english_pieces": float(len(english)),
        "agreement_with_wordpiece": agreement(tokenizer, wordpiece, texts),
    }
