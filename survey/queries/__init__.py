"""Named reads: every SELECT that does not select rows to be changed. Every list has a stable order.

Rights are asked by whoever calls, or come in as an actor. Nothing is imported here.
"""
