"""Waves, frames, collection points."""
