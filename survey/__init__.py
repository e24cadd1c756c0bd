"""The web face and the record of Hài Lòng."""
