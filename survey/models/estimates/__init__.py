"""Weight sets, result sets, and which figures are judged together, what looks proved."""
