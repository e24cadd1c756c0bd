"""Workbooks of XLSForm into questionnaires."""
