"""Expressions of XLSForm and conditions of ours."""
