"""Work done while nobody waits."""
