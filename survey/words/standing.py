"""Words for how a questionnaire stands: what it may be called, and how sure its wording is. Citizens read them too.

Nothing but a form that claims to be official, at a grade that allows it, is ever called official. The grades also say
how sure the facts of units, plans and decisions are.
"""

from __future__ import annotations

from survey.errors import N_

GRADES = {
    "": N_("entered by staff"),
    "verbatim": N_("word for word"),
    "transcribed": N_("transcribed, to be compared with the original"),
    "single-source": N_("one source only, to be compared"),
    "abridged": N_("abridged wording, for demonstration only"),
    "draft": N_("draft, not official"),
}
CLAIMS = {
    "official": N_("Official form"),
    "to_check": N_("Waits for comparison with the original"),
    "demonstration": N_("For demonstration only, not an official form"),
    "archive": N_("Only for reading old data, not for a new survey"),
}
