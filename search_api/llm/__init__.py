"""A language model's answer, let through sentence by sentence as far as the reports bear it out."""
