"""One word for one code, and one way to write a figure."""
