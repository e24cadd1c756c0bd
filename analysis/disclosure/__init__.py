"""What may be published of counts of people: minimum cells, the pattern that protects them, an attack on it."""
