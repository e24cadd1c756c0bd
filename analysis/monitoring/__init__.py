"""Running waves: control charts, quality of answers, interviewers, self-selected beside drawn."""
