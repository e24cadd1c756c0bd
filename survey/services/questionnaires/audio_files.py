"""Checks that an uploaded file is a recording that every telephone plays, MP3 or M4A, and measures how long it runs.

The bytes are looked at, not the name. What a recorder writes beside the sound (names, places, pictures: ID3 tags, the
boxes `udta` and `meta`) is taken out, because the file will be public. Frame sizes follow ISO/IEC 11172-3 and 13818-3,
boxes ISO/IEC 14496-12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from survey.errors import Invalid
from survey.words.figures import rounded

MOST_BYTES = 2 * 1024 * 1024
MOST_SECONDS = 600
LEAST_SECONDS = 0.3

_RATES = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 25: (11025, 12000, 8000)}
_BITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_GENERATIONS = {3: 1, 2: 2, 0: 25}  # the two bits of the header: MPEG 1, 2, 2.5
_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
_DEEPEST = 8  # a recording has boxes inside boxes five deep
_BESIDE_THE_SOUND = frozenset({b"udta", b"meta", b"uuid"})


@dataclass(frozen=True)
class Sound:
    """A recording as it will be kept."""

    data: bytes
    media_type: str
    suffix: str
    seconds: float


def read(data: bytes) -> Sound:
    """The recording, without what stood beside the sound. Raises Invalid in one sentence."""
    if len(data) > MOST_BYTES:
        raise Invalid(
            "A recording has at most %(limit)s MB; this one has %(size)s MB. Record it again at a lower quality.",
            limit=MOST_BYTES // 2**20, size=rounded(len(data) / 2**20, 1),
        )  # fmt: skip
    sound = _m4a(data) if data[4:8] == b"ftyp" else _mp3(data)
    if sound is None:
        raise Invalid("This is not a recording that telephones play. Save it as MP3 or M4A and choose it again.")
    if not LEAST_SECONDS <= sound.seconds <= MOST_SECONDS:
        raise Invalid(
            "The recording runs %(seconds)s seconds; a question takes from %(least)s to %(limit)s.",
            seconds=rounded(sound.seconds, 1), least=LEAST_SECONDS, limit=MOST_SECONDS,
        )  # fmt: skip
    return sound


# --- MP3 -----------------------------------------------------------------------------------------------------------


def _mp3(data: bytes) -> Sound | None:
    start, end = _between_tags(data)
    at, seconds, frames = start, 0.0, 0
    while at + 4 <= end:
        frame = _frame(data[at : at + 4])
        if frame is None:
            break
        size, length = frame
        if at + size > end:
            break
        seconds += length
        frames += 1
        at += size
    if frames < 3 or end - at > 4096:  # a few bytes of padding are usual; more is something else
        return None
    return Sound(data[start:at], "audio/mpeg", ".mp3", float(rounded(seconds, 2)))


def _between_tags(data: bytes) -> tuple[int, int]:
    start, end = 0, len(data)
    if data[:3] == b"ID3" and len(data) > 10:
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    if data[-128:-125] == b"TAG":
        end -= 128
    while start < end and data[start] == 0:
        start += 1
    return start, end


def _frame(header: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of a layer III frame."""
    if header[0] != 0xFF or header[1] & 0xE0 != 0xE0 or (header[1] >> 1) & 3 != 1:
        return None
    generation = _GENERATIONS.get((header[1] >> 3) & 3)
    bits, rate = header[2] >> 4, (header[2] >> 2) & 3
    if generation is None or bits in (0, 15) or rate == 3:
        return None
    samples = 1152 if generation == 1 else 576
    hertz = _RATES[generation][rate]
    kilobits = _BITS[min(generation, 2)][bits]
    return samples // 8 * kilobits * 1000 // hertz + ((header[2] >> 1) & 1), samples / hertz


# --- M4A -----------------------------------------------------------------------------------------------------------


def _m4a(data: bytes) -> Sound | None:
    kept = bytearray(data)
    seconds, kinds, sound = 0.0, set(), False
    try:
        for name, at, start, end in _boxes(data, 0, len(data)):
            if name in _BESIDE_THE_SOUND:
                kept[at + 4 : at + 8] = b"free"
                kept[start:end] = bytes(end - start)
            elif name == b"mvhd":
                seconds = _running_time(data[start:end])
            elif name == b"hdlr":
                kinds.add(data[start + 8 : start + 12])
            elif name == b"mdat":
                sound = end > start
    except (struct.error, ValueError):
        return None
    if kinds & {b"vide"} or b"soun" not in kinds or not sound:
        return None
    return Sound(bytes(kept), "audio/mp4", ".m4a", float(rounded(seconds, 2)))


def _boxes(data: bytes, at: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int, int]]:
    """Every box, those inside others included: its name, where it begins, where its content begins and ends."""
    if depth > _DEEPEST:
        raise ValueError("boxes inside boxes without end")
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        start = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", data[start : start + 8])
            start += 8
        if size == 0:
            size = end - at
        if size < start - at or at + size > end:
            raise ValueError("a box that does not end")
        yield name, at, start, at + size
        if name in _INSIDE:
            yield from _boxes(data, start, at + size, depth + 1)
        at += size


def _running_time(header: bytes) -> float:
    if header[0] == 1:
        scale, length = struct.unpack(">IQ", header[20:32])
    else:
        scale, length = struct.unpack(">II", header[12:20])
    if not scale:
        raise ValueError("no time scale")
    return float(length / scale)
