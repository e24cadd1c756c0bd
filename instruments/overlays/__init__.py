"""A unit's additions to a locked form, and what of them a form does not take."""
