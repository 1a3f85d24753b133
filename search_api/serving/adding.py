"""The child process of an upload: it adds one file's folder to an index, or leaves all as it was.

``python -m search_api.serving.adding`` with `Order` as JSON on stdin. It publishes only if the
file became a report; else it says why in one line of JSON, [English, Chinese], and exits with 2.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.build import add_to_index
from indexer.embedders import open_embedder
from indexer.shapes import BureauError

REFUSED = 2


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be added where, and with which model."""

    root: str
    file: str
    model: str
    query_prompt: str
    passage_prompt: str

    def to_json(self) -> str:
        """As the child reads it."""
        return json.dumps(asdict(self))


def add(order: Order) -> None:
    """Add the folder of the file to the index; publish only if the file became a report.

    :raises BureauError: if it did not, or the index cannot be written.
    :raises OSError: on a full disk.
    """
    prompts = {"query_prompt": order.query_prompt, "passage_prompt": order.passage_prompt}
    model = open_embedder(order.model, **prompts)
    file = Path(order.file)
    add_to_index([file.parent], Path(order.root), model, required=file)


def main() -> None:
    """Carry out the order on stdin."""
    try:
        add(Order(**json.load(sys.stdin)))
    except BureauError as error:
        refuse(str(error), error.zh)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        refuse(reason, reason)


def refuse(en: str, zh: str) -> None:
    """Say why nothing was added."""
    sys.stdout.write(json.dumps([en, zh]) + "\n")
    sys.exit(REFUSED)


if __name__ == "__main__":
    main()
