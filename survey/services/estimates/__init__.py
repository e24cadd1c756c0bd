"""Estimates of waves: how an answer becomes a figure on a page.

1. `Columns` (`answer_columns`): the counted answers of one channel as arrays, read from the record in batches.
2. `WeighedWave` (`channel_results.weigh_answers`): their sums with the weights of the frame; no row is left.
3. `EstimateTable`: every figure in every domain of one crossing (the whole, units, fields, target groups), each
   crossing estimated once.
4. `ChannelResults`: the tables of a channel with its verdicts, and the quantiles of what was entered
   (`entered_answers`). It is stored as it is when the wave closes
   (`stored_results`). While it runs, it is one step a day for every reader (`disclosure.running_steps`), kept by
   `results_cache`.
5. `Row` in a `ResultsView` (`visible_rows`, `visible_results`): a line as far as one person may see it, small cells
   hidden (`hidden_cells`); numbers, dates and comments as far as they tell of nobody (`asked_questions`). Screen,
   workbook and terminal are written from it; RESULT.json is written from the tables of `ChannelResults`, with the same
   cells hidden (`services.files`).
6. `DrawnRow` in a `ResultsPage` (`survey.results.pages`): the line in words, beside its drawing.

A verdict has two forms: `Judgement`, the columns in which the analysis judges a family, and `Verdict`
(`channel_verdicts`), that of one domain, which is stored, hidden with its rate, and printed. Who is judged together was
fixed when the wave was opened (`services.province.verdict_families`); nothing judges but `channel_verdicts`.

What all this rests on (questionnaire, plan, channels, frame) are the `WaveFacts`, read once; what stands beside the
rates (change, drivers, standings, course, quality) are the `analyses`.
"""
