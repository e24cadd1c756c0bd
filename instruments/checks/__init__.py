"""What can be wrong with a questionnaire, and how that is found."""
