"""Examples to model weights."""
