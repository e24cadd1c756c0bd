"""Questionnaires: what is asked, in which words, with which answers. Pure data, no web, no database."""
