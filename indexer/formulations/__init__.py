"""Which wordings stand where in a corpus, worked out once for a generation."""
