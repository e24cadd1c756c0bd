"""Use cases. One public function is one transaction, with an explicit actor and time. Nothing is imported here.

A service selects only rows that it is about to change; whatever it looks up is a query.
"""
