"""Why a file could not be read."""

from indexer.shapes import BureauError


class Unreadable(BureauError):
    """A file that cannot be turned into text; its text is the reason, without the name."""


class Unsupported(Unreadable):
    """A file that is passed over on purpose: another format, or nothing in it."""


class Stopped(Unsupported):
    """A file whose reading went beyond a limit or brought its process down."""


def raise_exhaustion(error: BaseException) -> None:
    """Raise what is behind a parser's error, if it is a limit that the parser ran into.

    :raises MemoryError: if memory was refused.
    :raises RecursionError: if something was nested too deeply.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError | RecursionError):
            raise type(seen)() from None
        seen = seen.__cause__ or seen.__context__
