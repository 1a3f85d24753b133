"""Practices (做法): which bureau does what, and how well that is told."""
