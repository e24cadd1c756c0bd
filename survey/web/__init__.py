"""Flask's shell: the application, its security and error pages, and what every staff page shares."""
