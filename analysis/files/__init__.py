"""Data files and requests in, result documents and reports out; the command line."""
