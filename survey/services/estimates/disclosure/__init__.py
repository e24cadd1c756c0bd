"""What of a channel's results nobody sees, and how exactly the rest is given: the same for every reader and file.

`answer_counts` counts the answers that published figures are sums of; `published_tables` says which tables of a wave
are published; `patterns` has the hidden cells chosen and attacked (`analysis.disclosure`) when a wave is closed, keeps
them with its results and reads them; `hidden_cells` shows an estimate, or says why not; `precision` rounds what stands
below the whole; `unit_groups` puts several units together from what is published of each. While a wave runs,
`running_steps` counts its answers in steps of a day and of enough people, and `kept_figures` leaves a figure as it was
last shown where it changed by fewer.
"""
