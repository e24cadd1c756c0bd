"""Values in, SVG out: one chart language for screen, Word and PDF."""
