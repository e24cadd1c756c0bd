"""Weight sets and result sets."""
