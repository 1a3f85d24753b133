"""How the bundled bilingual embedder is made; nothing here is imported when serving."""
