"""The plainer models that `bureau eval --baselines` measures beside the shipped one.

They are rebuilt from the base model's package, which only the extra ``[train]`` installs.
"""

from __future__ import annotations

from pathlib import Path

from indexer.embedders import Embedder, open_embedder
from indexer.shapes import BadInput


def standard_baselines(scratch: Path) -> dict[str, Embedder]:
    """all-MiniLM-L6-v2 as it is, and the vocabulary transplant before any training.

    :raises BadInput: if the base model's package is not installed.
    """
    try:
        from indexer.training.data import minilm_folder
        from indexer.training.transplant import transplant

        base = minilm_folder()
    except ImportError as error:
        raise BadInput(
            f"the baselines need {error.name}: install the project with the extra [train]",
            f"对照模型需要 {error.name}：请安装本项目的 [train] 附加依赖",
        ) from None
    transplant(scratch / "transplant")
    return {
        "all-MiniLM-L6-v2, dense": open_embedder(str(base)),
        "transplant, untrained, dense": open_embedder(str(scratch / "transplant")),
    }
