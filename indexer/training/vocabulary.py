"""The bilingual Unigram tokenizer: MiniLM's English pieces, Chinese words, characters.

Text is decomposed, stripped of accents and lower-cased; the start of every run of letters
or digits outside Han gets a mark, so that `▁ing` (a word) and `ing` (its continuation) are
two pieces. English scores imitate WordPiece's longest-match-first rule, Chinese scores
follow the lexicon's frequency order. Traditional characters are simplified elsewhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
MARK = "▁"
MAX_WORD = 8  # characters; longer terms are left to their parts
_LETTER = r"[\p{L}\p{N}&&[^\p{Han}]]"
_ENGLISH = re.compile(r"(##)?[!-~]+|[·°±×÷–—‘’“”•…€£¥→−]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_FLOOR = -17.0  # score of a single character, below every word


def is_han(text: str) -> bool:
    """Whether the text holds a Han character."""
    return _HAN.search(text) is not None


def english_pieces(wordpiece: Iterable[str]) -> dict[str, str]:
    """Unigram piece -> WordPiece it comes from; pieces of other scripts are dropped."""
    pieces: dict[str, str] = {}
    for piece in wordpiece:
        if not _ENGLISH.fullmatch(piece):
            continue
        if piece.startswith("##") and len(piece) > 2:
            pieces[piece[2:]] = piece
        elif piece[0].isalnum():
            pieces[MARK + piece] = piece
        else:
            pieces.setdefault(piece, piece)
    return pieces


def gb2312_level_1() -> list[str]:
    """The 3,755 everyday characters of GB/T 2312, in the order of the standard."""
    cells = [(row, cell) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    return [bytes(pair).decode("gb2312") for pair in cells if pair < (0xD7, 0xFA)]


def characters(texts: Iterable[str]) -> list[str]:
    """Single Han characters and Chinese marks to cover, in a stable order."""
    seen = dict.fromkeys(gb2312_level_1())
    for text in texts:
        seen.update(dict.fromkeys(c for c in text if is_han(c)))
    return list(seen) + list("。、《》〈〉「」『』【】〔〕〇○●■□☆★①℃㎡")


def _english_score(piece: str) -> float:
    """The longest first piece, then few pieces, then the evenest cut of the rest.

    Viterbi cannot look for the longest match first; these weights, found by trying, come
    nearest to it.
    """
    if piece.startswith(MARK):
        return -10.0 + 0.19 * min(len(piece) - 1, 16) ** 2
    return -10.0 + 0.3 * math.log(len(piece))


def _chinese_score(rank: int, word: str) -> float:
    """Zipf's law on the frequency rank, with a bonus for length against its parts."""
    return -math.log(rank + 20) - 2.0 + 0.5 * (len(word) - 2)


def build_tokenizer(
    english: Sequence[str], words: Sequence[str], chars: Sequence[str]
) -> Tokenizer:
    """Tokenizer over the three vocabularies; `words` come most frequent first."""
    scores: dict[str, float] = dict.fromkeys(SPECIAL, -100.0)
    scores.update((piece, _english_score(piece)) for piece in english)
    for rank, word in enumerate(words):
        scores.setdefault(word, _chinese_score(rank, word))
    for char in chars:
        scores.setdefault(char, _FLOOR + 5.0)
    vocabulary = [(piece, round(score, 2)) for piece, score in scores.items()]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=1, byte_fallback=False))
    start = Regex(f"(?<!{_LETTER})(?={_LETTER})")
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Replace(start, MARK),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Split(Regex(r"\p{Han}+"), "isolated"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer
