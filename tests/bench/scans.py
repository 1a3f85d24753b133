"""A PDF as a scanner makes it: pages as pictures, a little askew, on grey and speckled paper."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image, ImageFilter

ASKEW = 0.5  # degrees, at most
PAPER = (232, 246)  # its grey, from the darkest corner to the lightest
GRAIN = 9.0  # standard deviation of the noise, of 255
SPECKS = 2e-4  # share of the pixels
QUALITY = 40  # of the JPEG pictures


def scan(pdf: Path, to: Path, dpi: int) -> None:
    """Write ``pdf`` as pictures; the same pages give the same noise."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-gray", "-r", str(dpi), str(pdf), f"{folder}/page"]
        subprocess.run(command, check=True)
        pages = []
        for path in sorted(Path(folder).iterdir()):
            with Image.open(path) as picture:
                seed = crc32(f"{pdf.stem} {path.stem} {dpi}".encode())
                pages.append(worn(picture, np.random.default_rng(seed)))
    pages[0].save(
        to, "PDF", resolution=dpi, save_all=True, append_images=pages[1:], quality=QUALITY
    )


def worn(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """One page as it lay on the glass."""
    turned = picture.rotate(
        chance.uniform(-ASKEW, ASKEW), resample=Image.Resampling.BICUBIC, fillcolor=255
    ).filter(ImageFilter.GaussianBlur(0.5))
    ink = np.asarray(turned, dtype=np.float32) / 255
    height, width = ink.shape
    slope = np.linspace(0, 1, height)[:, None] + np.linspace(0, 1, width)[None, :]
    paper = PAPER[0] + (PAPER[1] - PAPER[0]) * slope / 2
    grey = 30 + (paper - 30) * ink + chance.normal(0, GRAIN, ink.shape)
    grey[chance.random(ink.shape) < SPECKS] = 60
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
