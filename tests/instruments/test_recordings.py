"""Texts read aloud: putting and taking recordings, and when a language can be heard as a whole."""

from __future__ import annotations

import pytest

from instruments import codec, library, overlay
from instruments.elements import Recording
from instruments.linting import spoken_languages
from instruments.model import InstrumentVersion
from instruments.recordings import heard, recording_of, spoken_elements, with_recording, without_recording


def recording(language: str = "vi", letter: str = "a") -> Recording:
    return Recording(language=language, file=f"{letter * 64}.mp3", digest=letter * 64, seconds=4.5)


def read_aloud(version: InstrumentVersion, language: str = "vi") -> InstrumentVersion:
    for element in spoken_elements(version):
        version = with_recording(version, element.code, recording(language))
    return version


def test_a_language_is_spoken_when_the_last_text_has_its_recording():
    version = library.load("one-stop-short")
    codes = [element.code for element in spoken_elements(version)]
    for code in codes[:-1]:
        version = with_recording(version, code, recording())
    assert spoken_languages(version) == ()
    assert heard(version)[0].recorded == len(codes) - 1 and not heard(version)[0].is_complete
    version = with_recording(version, codes[-1], recording())
    assert spoken_languages(version) == ("vi",)
    assert heard(version)[0].is_complete


def test_a_new_recording_takes_the_place_of_the_old_one():
    version = library.load("one-stop-short")
    code = version.items[0].code
    version = with_recording(with_recording(version, code, recording()), code, recording(letter="b"))
    assert [one.digest[0] for one in version.item(code).audio] == ["b"]


def test_languages_stand_in_the_order_of_the_questionnaire():
    version = library.load("one-stop-short")
    assert "en" in version.language_codes
    code = version.items[0].code
    version = with_recording(with_recording(version, code, recording("en")), code, recording("vi"))
    assert [one.language for one in version.item(code).audio] == ["vi", "en"]


def test_taking_a_recording_away_gives_the_document_from_before():
    before = library.load("one-stop-short")
    code = before.items[0].code
    after = without_recording(with_recording(before, code, recording()), code, "vi")
    assert codec.dumps(after) == codec.dumps(before)
    assert recording_of(after.item(code), "vi") is None


def test_reading_aloud_leaves_the_locked_form_as_it_is():
    version = library.load("byt56-m2")
    assert codec.core_hash(read_aloud(version)) == codec.core_hash(version)
    assert overlay.strip(read_aloud(version)) == overlay.strip(version)


def test_what_is_not_there_is_named():
    version = library.load("one-stop-short")
    with pytest.raises(KeyError, match="khong_co"):
        with_recording(version, "khong_co", recording())
    with pytest.raises(KeyError, match="fr"):
        with_recording(version, version.items[0].code, recording("fr"))
    with pytest.raises(KeyError, match="khong_co"):
        without_recording(version, "khong_co", "vi")
