"""Use cases. One public function is one transaction, with an explicit actor and time. Nothing is imported here."""
