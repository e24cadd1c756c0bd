"""The citizen's form as a page."""
