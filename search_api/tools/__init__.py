"""The engine's functions as tools for a language model: typed arguments, bounded answers.

Nothing here knows the protocol that carries them: `search_api.mcp` does.
"""
