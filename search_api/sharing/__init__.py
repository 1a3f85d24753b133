"""What leaves the search: references, quotes checked again, tables."""
