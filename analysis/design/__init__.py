"""Sample designs, weights and their calibration, replicates, sample sizes and draws, variance of sums."""
