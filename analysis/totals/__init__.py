"""Streaming, mergeable sums of answers: what is measured, one pass in chunks, Parquet parts, Dask."""
