"""Questionnaires: drafts, publication, files, recordings, trials."""
