"""Versions side by side: what changed, whether it still is the form, what may be joined."""
