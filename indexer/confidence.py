"""How likely a guess of metadata is right, by the field and what the guess rests on.

Each origin was tried on its own, as if nothing better were there, on reports whose metadata is
known: the 5 bundled and the 30 of `tests/eval`, as plain text; regions on the names of all
divisions of GB/T 2260. ``python -m tests.bench.metadata`` measures it again. Reports laid out
in other ways will fare worse. Nothing is known of the properties of files that bureaus publish,
so theirs count as even chances.
"""

from __future__ import annotations

from collections.abc import Mapping

from indexer.shapes import Origin

SEEN: Mapping[tuple[str, Origin], tuple[int, int]] = {  # (right, tried)
    ("title", Origin.TITLE): (35, 35),
    ("issuer", Origin.TITLE): (35, 35),
    ("issuer", Origin.SIGNED): (35, 35),
    ("year", Origin.TITLE): (35, 35),
    ("year", Origin.TEXT): (35, 35),
    ("year", Origin.PROPERTY): (32, 32),  # from a date
    ("date", Origin.SIGNED): (32, 32),
    ("region", Origin.ISSUER): (3133, 3133),
    ("region", Origin.TEXT): (59, 66),
}
UNSEEN = (0, 0)
MOST = 0.99  # no guess is certain


def confidence(field: str, origin: Origin) -> float:
    """The chance that such a value is right: (right + 1) / (tried + 2), Laplace's rule.

    At most `MOST`; 1 for what a person has said, 0 where there is no value.
    """
    if origin is Origin.MANIFEST:
        return 1.0
    if origin is Origin.NOTHING:
        return 0.0
    right, tried = SEEN.get((field, origin), UNSEEN)
    return min(MOST, round((right + 1) / (tried + 2), 2))
