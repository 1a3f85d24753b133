"""All tools, in the order in which clients list them."""

from __future__ import annotations

from search_api.tools import drafting, reading, searching

TOOLS = (*searching.TOOLS, *reading.TOOLS, *drafting.TOOLS)
