"""What the province keeps: units, fields and procedures, target plans, settings."""
