"""Recordings to upload, made byte by byte: silence as MP3, and an M4A with what a telephone writes beside the sound."""

from __future__ import annotations

import struct

MP3_FRAME = bytes([0xFF, 0xFB, 0x90, 0xC4]) + bytes(413)  # MPEG 1 layer III, 128 kbit/s, 44.1 kHz, mono: 26 ms


def mp3(frames: int = 40, *, tags: bool = False) -> bytes:
    """Silence; with `tags` the name of a speaker before and after it."""
    sound = MP3_FRAME * frames
    if not tags:
        return sound
    body = b"TPE1" + struct.pack(">I", 14) + bytes(2) + b"\x03Nguyen Van A "
    return b"ID3\x04\x00\x00" + bytes([0, 0, 0, len(body)]) + body + sound + b"TAG" + b"Nguyen Van A".ljust(125, b"\0")


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body


def m4a(seconds: float = 4.0, *, handler: bytes = b"soun") -> bytes:
    """An M4A as far as its boxes go, with a place in `udta`."""
    movie = bytes(4) + bytes(8) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(80)
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13))))
    place = box(b"udta", box(b"\xa9xyz", b"+16.0544+108.2022/"))
    return (
        box(b"ftyp", b"M4A ", bytes(4), b"M4A mp42isom")
        + box(b"moov", box(b"mvhd", movie), track, place)
        + box(b"mdat", bytes(64))
    )
