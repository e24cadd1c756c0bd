"""Texts read aloud: putting and taking recordings, and when a language can be heard as a whole."""

from __future__ import annotations

import pytest

from instruments import codec, library
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Recording
from instruments.model.recordings import (
    heard,
    is_outdated,
    recording_of,
    spoken_elements,
    spoken_languages,
    taken_over,
    with_recording,
    without_recording,
    words_hash,
    words_read,
)
from instruments.model.text import Text
from instruments.overlays import overlay


def recording(version: InstrumentVersion, code: str, language: str = "vi", letter: str = "a") -> Recording:
    text = next(one for one in version.elements if one.code == code)
    words = words_hash(version, text, language)
    return Recording(language=language, file=f"{letter * 64}.mp3", digest=letter * 64, seconds=4.5, words=words)


def recorded(version: InstrumentVersion, code: str, language: str = "vi", letter: str = "a") -> InstrumentVersion:
    return with_recording(version, code, recording(version, code, language, letter))


def read_aloud(version: InstrumentVersion, language: str = "vi") -> InstrumentVersion:
    for element in spoken_elements(version):
        version = recorded(version, element.code, language)
    return version


def reworded(version: InstrumentVersion, code: str, **words: str) -> InstrumentVersion:
    """The next version, with other words in one question."""

    def in_section(section):
        return section.model_copy(
            update={
                "elements": tuple(
                    one.model_copy(update={"text": Text(one.text, **words)}) if one.code == code else one
                    for one in section.elements
                )
            }
        )

    return version.model_copy(
        update={"version": version.version + 1, "sections": tuple(map(in_section, version.sections))}
    )


def test_a_language_is_spoken_when_the_last_text_has_its_recording():
    version = library.load("one-stop-short")
    codes = [element.code for element in spoken_elements(version)]
    for code in codes[:-1]:
        version = recorded(version, code)
    assert spoken_languages(version) == ()
    assert heard(version)[0].recorded == len(codes) - 1
    assert not heard(version)[0].is_complete
    version = recorded(version, codes[-1])
    assert spoken_languages(version) == ("vi",)
    assert heard(version)[0].is_complete


def test_a_new_recording_takes_the_place_of_the_old_one():
    version = library.load("one-stop-short")
    code = version.items[0].code
    version = recorded(recorded(version, code), code, letter="b")
    assert [one.digest[0] for one in version.item(code).audio] == ["b"]


def test_languages_stand_in_the_order_of_the_questionnaire():
    version = library.load("one-stop-short")
    assert "en" in version.language_codes
    code = version.items[0].code
    version = recorded(recorded(version, code, "en"), code, "vi")
    assert [one.language for one in version.item(code).audio] == ["vi", "en"]


def test_taking_a_recording_away_gives_the_document_from_before():
    before = library.load("one-stop-short")
    code = before.items[0].code
    after = without_recording(recorded(before, code), code, "vi")
    assert codec.dumps(after) == codec.dumps(before)
    assert recording_of(after, after.item(code), "vi") is None


def test_reading_aloud_leaves_the_locked_form_as_it_is():
    version = library.load("byt56-m2")
    assert codec.core_hash(read_aloud(version)) == codec.core_hash(version)
    assert overlay.strip(read_aloud(version)) == overlay.strip(version)


def test_what_is_not_there_is_named():
    version = library.load("one-stop-short")
    with pytest.raises(KeyError, match="khong_co"):
        with_recording(version, "khong_co", recording(version, version.items[0].code))
    with pytest.raises(KeyError, match="fr"):
        recorded(version, version.items[0].code, "fr")
    with pytest.raises(KeyError, match="khong_co"):
        without_recording(version, "khong_co", "vi")


def test_a_reworded_question_is_silent_until_it_is_recorded_again():
    version = read_aloud(library.load("one-stop-short"))
    code = version.items[2].code
    after = reworded(version, code, vi="Câu hỏi đã viết lại")
    assert spoken_languages(version) == ("vi",)
    assert spoken_languages(after) == ()
    assert recording_of(after, after.item(code), "vi") is None
    assert is_outdated(after, after.item(code), "vi")
    assert heard(after)[0].recorded == heard(version)[0].recorded - 1
    assert spoken_languages(recorded(after, code)) == ("vi",)
    assert spoken_languages(reworded(after, code, vi=version.item(code).text["vi"])) == ("vi",), "undone"


def test_other_words_in_one_language_leave_the_recording_of_another():
    version = recorded(library.load("one-stop-short"), "q1", "vi")
    version = recorded(version, "q1", "en")
    after = reworded(version, "q1", en="Other words")
    assert recording_of(after, after.item("q1"), "vi") is not None
    assert recording_of(after, after.item("q1"), "en") is None


def test_what_is_read_are_the_question_and_its_answers_as_they_are_shown():
    version = library.load("one-stop-short")
    item = version.items[0]
    lines = words_read(version, item, "vi").split("\n")
    assert lines[0] == item.text["vi"]
    assert lines[1:] == [version.option_label(item, one)["vi"] for one in version.options_shown(item)]


def test_other_answers_make_a_recording_outdated():
    version = recorded(library.load("one-stop-short"), "q1")
    scale = version.scales[0]
    first = scale.options[0].model_copy(update={"label": Text(vi="Lời khác")})
    other = version.model_copy(
        update={"scales": (scale.model_copy(update={"options": (first, *scale.options[1:])}), *version.scales[1:])}
    )
    assert is_outdated(other, other.item("q1"), "vi")


def test_the_next_version_takes_over_what_is_recorded_of_the_same_words_and_nothing_else():
    before = read_aloud(library.load("one-stop-short"))
    code = "q3"
    bare = reworded(library.load("one-stop-short"), code, vi="Câu hỏi đã viết lại")
    after, taken = taken_over(recorded(bare, "q1", letter="c"), before)
    assert taken == len(spoken_elements(before)) - 2
    assert after.item("q1").audio[0].digest[0] == "c", "what was recorded anew stays"
    assert after.item(code).audio == ()
    again, none = taken_over(after, before)
    assert (again, none) == (after, 0)


def test_taking_over_drops_what_reads_other_words():
    before = read_aloud(library.load("one-stop-short"))
    code = "q3"
    copied = reworded(before, code, vi="Câu hỏi đã viết lại")
    assert copied.item(code).audio
    assert taken_over(copied, before)[0].item(code).audio == ()
