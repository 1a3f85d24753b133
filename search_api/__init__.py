"""The read side: an index directory and a question in, hits and cited answers out."""
