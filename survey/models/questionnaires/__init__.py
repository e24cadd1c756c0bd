"""Instruments, their versions and drafts, recordings, trial answers."""
