"""Words for the codes of questionnaires: the parts of a document, what changed between two, how a draft stands."""

from __future__ import annotations

from survey.errors import N_

VERSION_STATUSES = {
    "draft": N_("Draft"),
    "in_review": N_("In review"),
    "published": N_("Published"),
    "retired": N_("Not for new waves"),
}
ITEM_KINDS = {
    "rating": N_("Rating"),
    "single": N_("One answer"),
    "multiple": N_("Several answers"),
    "number": N_("A number"),
    "date": N_("Date"),
    "text": N_("Open text"),
    "statement": N_("Words between the questions"),
}
ITEM_TAGS = {
    "locked": N_("locked"),
    "off": N_("switched off"),
    "relabelled": N_("in other words locally"),
    "voluntary": N_("voluntary"),
    "required": N_("required"),
    "sensitive": N_("sensitive"),
    "relabelable": N_("words may be changed locally"),
    "hideable": N_("may be switched off locally"),
    "local": N_("added locally"),
}
DOCUMENT_PARTS = {
    "text": N_("Words"),
    "relabel": N_("Shown instead"),
    "hint": N_("Line of help"),
    "label": N_("Printed number"),
    "short": N_("Short label for statistics files"),
    "factor": N_("Factor"),
    "response": N_("Answers offered"),
    "options": N_("Answers offered"),
    "show_if": N_("When is it shown?"),
    "title": N_("Heading"),
    "name": N_("Name"),
    "code": N_("Code"),
    "grade": N_("How sure is the wording?"),
    "source": N_("Where was the wording seen?"),
    "voluntary": N_("Voluntary"),
    "required": N_("Asked again when left blank"),
    "hideable": N_("A unit may switch it off"),
    "relabelable": N_("A unit may show other words"),
    "sensitive": N_("Sensitive personal data"),
    "satisfied": N_("Satisfied"),
}
GIVEN_BY = {
    "wave": N_("known from the wave"),
    "unit": N_("known from the unit"),
    "point": N_("known from the collection point"),
    "field": N_("known from the entry code"),
    "mode": N_("known from the mode"),
    "day": N_("known from the day"),
    "number": N_("the number of the form"),
}
SENSITIVE_DATA = {
    "ethnicity": N_("ethnicity"),
    "belief": N_("belief"),
    "private_life": N_("private life"),
    "health": N_("state of health"),
    "biometric": N_("biometric data"),
    "sex_life": N_("sex life"),
    "crime": N_("crime"),
    "location": N_("location"),
    "identity": N_("identity"),
    "contact": N_("contact data"),
    "bank": N_("bank data"),
    "behaviour": N_("behaviour"),
}
NOTE_KINDS = {
    "unknown": N_("Not known"),
    "doubt": N_("Doubtful"),
    "use": N_("How to use it"),
    "omitted": N_("Left out"),
    "setting": N_("To be settled by the province"),
    "variant": N_("Other wordings that were seen"),
    "correction": N_("Corrected"),
}
DECISION_ROLES = {
    "basis": N_("legal basis, to be cited"),
    "to_cite_later": N_("to be cited once its text is at hand"),
    "context": N_("belongs to the chain of decisions"),
}
LANGUAGE_ROLES = {
    "source": N_("first language"),
    "translation": N_("reference translation"),
}
SEVERITIES = {
    "error": N_("to put right"),
    "warning": N_("look at it"),
}
# Why more than one person has to decide about a draft.
WEIGHTY = {
    "first": N_("It is the first version in use: it sets the codes, the scales and the rules."),
    "questions": N_("Questions, their kinds or their conditions changed."),
    "answers": N_("Answers, their order, their codes or what counts as satisfied changed."),
    "factors": N_("The factors changed."),
    "figures": N_("The rules of the figures changed."),
    "standing": N_("What is claimed of the form, or what it may be compared with, changed."),
    "deviates": N_("It no longer conforms to the locked form it carries."),
}
# From one version to another.
CHANGES = {
    "same": N_("unchanged"),
    "wording": N_("other words"),
    "scale": N_("other answers"),
    "new": N_("newly added"),
    "gone": N_("no longer there"),
}
DETAILS = {
    "kind": N_("the kind of answer"),
    "options": N_("the answers offered"),
    "order": N_("the order of the answers"),
    "satisfied": N_("which answers count as satisfied"),
    "range": N_("the limits of the number"),
    "no opinion": N_("the answers that are not counted"),
    "factor": N_("the factor"),
    "asked": N_("whether it is asked"),
    "show_if": N_("the condition"),
    "text": N_("the words of the question"),
    "hint": N_("the line of help"),
}
COUNTING = {
    "satisfied": N_("satisfied"),
    "other": N_("not satisfied"),
    "none": N_("not counted"),
}
SERIES_FATES = {
    "continues": N_("goes on"),
    "breaks": N_("is broken"),
    "begins": N_("begins"),
    "ends": N_("ends"),
}
HEADLINE_FATES = {
    "continues": N_("The series of the headline figure goes on."),
    "breaks": N_("The series of the headline figure is broken."),
    "begins": N_("The headline figure is another one."),
    "ends": N_("The headline figure is another one."),
}
BREAKS = {
    "children": N_("what it is made of"),
    "weights": N_("the weights"),
    "codes": N_("which answers count"),
}
JOINING = {
    "joined": N_("may stand in one series"),
    "to_judge": N_("a person has to judge it"),
    "wording": N_("other words: a series of its own"),
    "answers": N_("other answers: a series of its own"),
    "new": N_("only in the newer version"),
    "gone": N_("only in the older version"),
}
JOINING_SENTENCES = {
    "joined": N_("The same words and the same answers."),
    "to_judge": N_(
        "The same words and answers, but another questionnaire around them. It may be joined once the newer version "
        "says so, with a reason."
    ),
    "wording": N_(
        "The answers are the same. It may be joined if a person judges that the words mean the same, and says why."
    ),
    "answers": N_("Figures of other answers cannot be set in one line, whatever the words."),
}
# An agency and a place of nowhere, so that no preview can be taken for the form of a real counter.
SAMPLE_AGENCIES = {
    "admin": N_("Sample ward People's Committee"),
    "health": N_("Sample health centre"),
    "education": N_("Sample school"),
}
SAMPLE_POINTS = {
    "admin": N_("Counter 3, one-stop hall"),
    "health": N_("Waiting area of the examination department"),
    "education": N_("School gate"),
}
