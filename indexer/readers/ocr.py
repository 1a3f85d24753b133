"""Text from pictures of pages: an extra of this project, through rapidocr (its only importer).

Its Chinese models come in its package; nothing is downloaded. pypdfium2 draws the pages.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from indexer.readers.printed import Glyph

INSTALL = "install bureau-search[ocr]"
INSTALL_ZH = "请安装 bureau-search[ocr]"
DPI = 200
LARGEST = 3_000  # pixels of a page's longer side
HAN = "[\u4e00-\u9fff]"
NARROW = re.compile(
    rf"(?<={HAN})[,:;!?)]|[,:;!?(](?={HAN})|(?<=（)[^（()）]{{1,20}}\)|(?<=[%％])[,:;]$"
)
WIDE = str.maketrans(",:;!?()", "，：；！？（）")
UPRIGHT = 0.8  # mean confidence below which a page is tried the other way up
LEAST_SURE = 0.5  # confidence below which a recognised line is noise
Printed = tuple[str, float, float, float, float]  # text, x0, x1, top, bottom in pixels


def is_installed() -> bool:
    """Whether the extra is there; it is not loaded."""
    return find_spec("rapidocr") is not None


def recognise(path: Path, pages: Sequence[int]) -> Iterator[tuple[int, float, list[Glyph]]]:
    """(page, its height in points, its lines) of these pages, counted from 1."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for number in pages:
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(DPI / 72, LARGEST / max(width, height, 1))
            picture = page.render(scale=scale, grayscale=False).to_numpy()
            yield (
                number,
                height,
                [
                    Glyph(text, x0 / scale, x1 / scale, top / scale, bottom / scale)
                    for text, x0, x1, top, bottom in lines_of(picture)
                ],
            )
            page.close()


def lines_of(picture: Any) -> list[Printed]:  # noqa: ANN401
    """The lines of a picture; of one that lies on its head, after turning it."""
    sure, lines = recognised(picture)
    if sure < UPRIGHT:
        turned = recognised(picture[::-1, ::-1].copy())
        sure, lines = max((sure, lines), turned, key=lambda found: found[0])
    return lines


def recognised(picture: Any) -> tuple[float, list[Printed]]:  # noqa: ANN401
    """Mean confidence by characters, and the lines that are sure enough."""
    found = engine()(picture)
    if found.txts is None:
        return 0.0, []
    lines = []
    for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score >= LEAST_SURE and text.strip():
            xs, ys = [float(x) for x, _ in box], [float(y) for _, y in box]
            top, bottom = (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2  # middle of a slanting edge
            lines.append((widened(text), min(xs), max(xs), top, bottom))
    total = sum(map(len, found.txts)) or 1
    pairs = zip(found.txts, found.scores, strict=True)
    return sum(len(text) * score for text, score in pairs) / total, lines


def widened(text: str) -> str:
    """Punctuation beside Chinese characters as it is printed there, whatever its width was
    taken for."""
    if not re.search(HAN, text):
        return text
    return NARROW.sub(lambda match: match[0].translate(WIDE), text)


@lru_cache(maxsize=1)
def engine() -> Any:  # noqa: ANN401 - rapidocr's
    """The recogniser, on one thread: files are read side by side."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = "EngineConfig.onnxruntime.{}_op_num_threads"
    return RapidOCR(
        params={
            threads.format("intra"): 1,
            threads.format("inter"): 1,
            "Global.log_level": "critical",
            "Global.use_cls": False,  # it turns single upright lines on their heads
        }
    )
