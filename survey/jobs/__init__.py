"""The background jobs: what each kind does, and the process that does them."""
