"""The document of a questionnaire, part by part."""
