"""Changes a questionnaire step by step. Each act of an editor is a function from a document to a document.

Every function takes a version and gives a new one; nothing is stored here and nothing is asked of a person twice. An
act that cannot be done raises `EditError` with a key of `REFUSALS` and its particulars: the face says it in a
sentence. A draft may be unfinished (`linting` says what is missing), but no act leaves a condition, a figure or an
export that points to nothing, and no act alters a locked form (`locking`).
"""

from instruments.editing.answers import (
    answers_of,
    is_locked_list,
    put_answers,
    put_local_answers,
    put_response,
    put_scale,
    remove_scale,
)
from instruments.editing.elements import (
    add_element,
    add_section,
    change_element,
    change_section,
    copy_element,
    move_element,
    move_section,
    place_element,
    remove_element,
    remove_section,
    rename_element,
)
from instruments.editing.figures import move_factor, put_factor, put_figure, remove_factor, remove_figure
from instruments.editing.finding import (
    element_of,
    free_code,
    named_section,
    section_of,
    users_of,
    words,
    words_or_none,
)
from instruments.editing.languages import add_language, grade_language, remove_language, translate
from instruments.editing.locking import guarded, is_locked, relabel, switch
from instruments.editing.pieces import ORDER, Together, parts_of, together, touched
from instruments.editing.refusals import REFUSALS, EditError, kept
from instruments.overlays.local_languages import texts

__all__ = [
    "ORDER",
    "REFUSALS",
    "EditError",
    "Together",
    "add_element",
    "add_language",
    "add_section",
    "answers_of",
    "change_element",
    "change_section",
    "copy_element",
    "element_of",
    "free_code",
    "grade_language",
    "guarded",
    "is_locked",
    "is_locked_list",
    "kept",
    "move_element",
    "move_factor",
    "move_section",
    "named_section",
    "parts_of",
    "place_element",
    "put_answers",
    "put_factor",
    "put_figure",
    "put_local_answers",
    "put_response",
    "put_scale",
    "relabel",
    "remove_element",
    "remove_factor",
    "remove_figure",
    "remove_language",
    "remove_scale",
    "remove_section",
    "rename_element",
    "section_of",
    "switch",
    "texts",
    "together",
    "touched",
    "translate",
    "users_of",
    "words",
    "words_or_none",
]
