"""Named reads. Loading is decided here, and every list has a stable order. Nothing is imported here."""
