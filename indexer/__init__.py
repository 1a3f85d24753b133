"""The write side: documents in, an index directory out."""
