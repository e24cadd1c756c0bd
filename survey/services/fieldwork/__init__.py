"""Waves, frames, collection points, codes and what is printed for them."""
