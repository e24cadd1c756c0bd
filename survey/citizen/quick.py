"""A form's page made once and sent many times: only the nonce and the submission key differ from one to the next.

The page is cut at those two places and the pieces between are compressed beforehand. A gzip body is then put together
without compressing anything: each piece is a complete run of deflate blocks that ends on a byte, the two small texts
between them are "stored" blocks, and only the check sum runs over the whole.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

NONCE_MARK = "@@nonce@@"
KEY_MARK = "@@submission-key@@"
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


@dataclass(frozen=True)
class QuickPage:
    """One rendered form without its nonce and key."""

    plain: tuple[bytes, ...]
    packed: tuple[bytes, ...]
    order: tuple[str, ...]  # which of the two marks stands between each pair of pieces

    def body(self, *, nonce: str, key: str = "") -> bytes:
        """The page as it is."""
        small = self._small(nonce, key)
        pieces = [self.plain[0]]
        for between, piece in zip(small, self.plain[1:], strict=True):
            pieces += [between, piece]
        return b"".join(pieces)

    def gzip_body(self, *, nonce: str, key: str = "") -> bytes:
        """The page as gzip."""
        small = self._small(nonce, key)
        check, size = zlib.crc32(self.plain[0]), len(self.plain[0])
        pieces = [_GZIP_HEADER, self.packed[0]]
        for between, plain, packed in zip(small, self.plain[1:], self.packed[1:], strict=True):
            check = zlib.crc32(plain, zlib.crc32(between, check))
            size += len(between) + len(plain)
            pieces += [_stored(between), packed]
        pieces.append((check & 0xFFFFFFFF).to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))
        return b"".join(pieces)

    def _small(self, nonce: str, key: str) -> list[bytes]:
        texts = {NONCE_MARK: nonce.encode(), KEY_MARK: key.encode()}
        return [texts[mark] for mark in self.order]


def prepare(page: str) -> QuickPage:
    """Cut a page at the marks it holds, each once, and compress its pieces."""
    places = sorted((page.index(mark), mark) for mark in (NONCE_MARK, KEY_MARK) if mark in page)
    pieces: list[bytes] = []
    start = 0
    for at, mark in places:
        pieces.append(page[start:at].encode())
        start = at + len(mark)
    pieces.append(page[start:].encode())
    packed = [_packed(p, last=i == len(pieces) - 1) for i, p in enumerate(pieces)]
    return QuickPage(tuple(pieces), tuple(packed), tuple(mark for _, mark in places))


def _packed(data: bytes, *, last: bool) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return deflate.compress(data) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _stored(data: bytes) -> bytes:
    size = len(data)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data
