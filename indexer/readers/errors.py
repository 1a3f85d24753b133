"""Why a file could not be read."""

from indexer.shapes import BureauError


class Unreadable(BureauError):
    """A file that cannot be turned into text; its text is the reason, without the name."""


class Unsupported(Unreadable):
    """A file that is passed over on purpose: another format, or nothing in it."""


class Stopped(Unsupported):
    """A file whose reading went beyond a limit or brought its process down."""
