"""Lists of answers from which an editor picks instead of writing them again: the official five words and their like.

The words of the five-level satisfaction scale are those of the national survey's forms; the answer outside the scale
is the platform's own. A scale taken from here is copied into the document: changing it there changes nothing here.
"""

from __future__ import annotations

from collections.abc import Collection

from instruments.model.response_domains import Option, Scale, SingleChoice
from instruments.model.text import Text

NO_OPINION = Option(
    code=97, label=Text(vi="Không áp dụng / không có ý kiến", en="Not applicable / no opinion"), substantive=False
)

SET_APART: tuple[Option, ...] = (
    NO_OPINION,
    Option(
        code=98,
        label=Text(vi="Không biết / không nhớ", en="Do not know / do not remember"),
        substantive=False,
    ),
    Option(code=99, label=Text(vi="Từ chối trả lời", en="Prefer not to answer"), substantive=False),
)
"""What may stand behind any list of answers and is never counted: the same codes on every form."""


def _scale(code: str, name: Text, labels: tuple[Text, ...], satisfied: frozenset[int], *, reversed_: bool) -> Scale:
    options = tuple(Option(code=n, label=one, satisfied=n in satisfied) for n, one in enumerate(labels, start=1))
    return Scale(
        code=code,
        name=name,
        options=(*options, NO_OPINION) if satisfied else options,
        shown="reversed" if reversed_ else "listed",
    )


SCALES: tuple[Scale, ...] = (
    _scale(
        "sat5",
        Text(vi="Mức độ hài lòng (5 mức)", en="Satisfaction (5 levels)"),
        (
            Text(vi="Rất không hài lòng", en="Very dissatisfied"),
            Text(vi="Không hài lòng", en="Dissatisfied"),
            Text(vi="Bình thường", en="Neutral"),
            Text(vi="Hài lòng", en="Satisfied"),
            Text(vi="Rất hài lòng", en="Very satisfied"),
        ),
        frozenset({4, 5}),
        reversed_=True,
    ),
    _scale(
        "sat4",
        Text(vi="Mức độ hài lòng (4 mức)", en="Satisfaction (4 levels)"),
        (
            Text(vi="Rất không hài lòng", en="Very dissatisfied"),
            Text(vi="Không hài lòng", en="Dissatisfied"),
            Text(vi="Hài lòng", en="Satisfied"),
            Text(vi="Rất hài lòng", en="Very satisfied"),
        ),
        frozenset({3, 4}),
        reversed_=True,
    ),
    _scale(
        "interest4",
        Text(vi="Mức độ quan tâm theo dõi", en="How closely followed"),
        (
            Text(vi="Không quan tâm theo dõi", en="Do not follow"),
            Text(vi="Khá quan tâm theo dõi", en="Follow fairly closely"),
            Text(vi="Quan tâm theo dõi", en="Follow"),
            Text(vi="Rất quan tâm theo dõi", en="Follow very closely"),
        ),
        frozenset(),
        reversed_=False,
    ),
    _scale(
        "fit4",
        Text(vi="Mức độ phù hợp", en="Suitability"),
        (
            Text(vi="Không phù hợp", en="Not suitable"),
            Text(vi="Khá phù hợp", en="Fairly suitable"),
            Text(vi="Phù hợp", en="Suitable"),
            Text(vi="Rất phù hợp", en="Very suitable"),
        ),
        frozenset(),
        reversed_=False,
    ),
    _scale(
        "yesno",
        Text(vi="Có / Không", en="Yes / No"),
        (Text(vi="Có", en="Yes"), Text(vi="Không", en="No")),
        frozenset(),
        reversed_=False,
    ),
)
"""Lists of answers to pick from."""


def shipped_scale(code: str) -> Scale | None:
    """The scale of the library with this code."""
    return next((scale for scale in SCALES if scale.code == code), None)


def answer_set_apart(code: str, languages: Collection[str]) -> Option | None:
    """The answer of `SET_APART` with this code, in the words of some languages only."""
    found = next((one for one in SET_APART if str(one.code) == code), None)
    return found.model_copy(update={"label": _in(found.label, languages)}) if found else None


def spoken(scale: Scale, languages: Collection[str]) -> Scale:
    """The scale with the words of some languages only."""
    options = tuple(one.model_copy(update={"label": _in(one.label, languages)}) for one in scale.options)
    return scale.model_copy(update={"name": _in(scale.name, languages) if scale.name else None, "options": options})


def _in(text: Text, languages: Collection[str]) -> Text:
    return Text({code: said for code, said in text.items() if code in languages} or dict(text))


RESPONDENT_KINDS = SingleChoice(
    kind="single",
    options=(
        Option(code=1, label=Text(vi="Người dân", en="A resident")),
        Option(code=2, label=Text(vi="Tổ chức, doanh nghiệp", en="An organisation or business")),
    ),
)
"""The standard fact about who answers."""
