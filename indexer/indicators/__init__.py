"""What reports say in numbers, read once for a generation."""
