"""Which files are recordings that telephones play, how long they run, and what is taken out of them."""

from __future__ import annotations

import struct

import pytest

from survey.errors import Invalid
from survey.services.questionnaires import audio_files
from tests.factories.sounds import MP3_FRAME, box, m4a, mp3


def test_the_length_of_an_mp3_is_the_sum_of_its_frames():
    sound = audio_files.read(mp3(40))
    assert (sound.media_type, sound.suffix) == ("audio/mpeg", ".mp3")
    assert sound.seconds == pytest.approx(40 * 1152 / 44100, abs=0.01)


def test_tags_of_an_mp3_do_not_stay():
    sound = audio_files.read(mp3(40, tags=True))
    assert sound.data == mp3(40)
    assert b"Nguyen" not in sound.data


def test_the_length_of_an_m4a_is_that_of_its_header_and_its_place_does_not_stay():
    sound = audio_files.read(m4a(4.25))
    assert (sound.media_type, sound.suffix, sound.seconds) == ("audio/mp4", ".m4a", 4.25)
    assert b"108.2022" in m4a()
    assert b"108.2022" not in sound.data
    assert len(sound.data) == len(m4a()), "boxes keep their places, or the sound would not be found"


def test_sixty_four_bit_boxes_are_read_as_well():
    whole = m4a(3.0)
    at = whole.index(b"mdat") - 4
    long_box = struct.pack(">I4sQ", 1, b"mdat", 16 + 64) + bytes(64)
    assert audio_files.read(whole[:at] + long_box).seconds == 3.0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ID3",
        b"<script>alert(1)</script>" * 50,
        b"RIFF" + bytes(4000),
        b"OggS" + bytes(4000),
        bytes(5000),
        MP3_FRAME * 2,
        mp3(40) + b"<html>" * 2000,
        m4a(handler=b"vide"),
        m4a()[:60],
        box(b"ftyp", b"M4A ", bytes(8)) + struct.pack(">I4s", 4, b"moov"),
        b"PK\x03\x04" + bytes(3000),
        box(b"ftyp", b"M4A ", bytes(8)) + b"".join(struct.pack(">I4s", 8 * n, b"moov") for n in range(5000, 0, -1)),
    ],
    ids=[
        "nothing", "a tag only", "a page", "wav", "ogg", "zeros", "two frames", "a page behind the sound", "a film",
        "cut off", "a box shorter than its head", "a zip file", "boxes in boxes",
    ],
)  # fmt: skip
def test_what_telephones_do_not_play_is_refused_in_a_sentence(data: bytes):
    with pytest.raises(Invalid, match="MP3 or M4A"):
        audio_files.read(data)


def test_too_long_too_short_and_too_large_are_said_with_their_measure():
    with pytest.raises(Invalid, match=r"runs 700\.0 seconds"):
        audio_files.read(m4a(700))
    with pytest.raises(Invalid, match=r"runs 0\.1 seconds"):
        audio_files.read(mp3(4))
    with pytest.raises(Invalid, match=r"this one has 2\.\d MB"):
        audio_files.read(mp3(5200))


def test_no_cut_of_a_recording_is_a_mistake_of_ours():
    for whole in (m4a(), mp3(6, tags=True)):
        for end in range(0, len(whole), 7):
            try:
                audio_files.read(whole[:end])
            except Invalid:
                continue
