"""The shipped data, and the made-up waves of the demonstration."""
