"""Taking citizens' answers, and what a receipt can do."""
