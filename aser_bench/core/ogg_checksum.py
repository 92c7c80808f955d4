"""Checksum of the pages of Ogg files (RFC 3533)."""

from __future__ import annotations


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        word = byte << 24
        for _ in range(8):
            word = (word << 1 ^ 0x04C11DB7 if word & 1 << 31 else word << 1) & 0xFFFFFFFF
        table.append(word)
    return table


_TABLE = _crc_table()


def checksum(page: bytes | bytearray) -> int:
    """Return the checksum of an Ogg page: CRC-32, polynomial 04C11DB7, not reflected."""
    word = 0
    for byte in page:
        word = word << 8 & 0xFFFFFFFF ^ _TABLE[word >> 24 ^ byte]
    return word
