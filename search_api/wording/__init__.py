"""Wording (规范表述): how bureaus print a phrase, who does and since when."""
