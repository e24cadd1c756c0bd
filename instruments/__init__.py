"""Questionnaires: their documents, what answers mean, which question follows. Pure data, no web, no database."""
