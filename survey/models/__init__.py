"""The record: SQLAlchemy tables, one file per aggregate.

Nothing is imported here, so that a public worker loads only the tables it reads.
`registry` imports them all, for migrations and tests.
"""
