"""Units, procedures, target plans, settings."""
