"""Bytes as programmers read them."""

_WIDTH = 16
_HALF = _WIDTH // 2
_PRINTABLE = range(0x20, 0x7F)


def hexdump(content: bytes) -> str:
    """Offset, 16 bytes in hexadecimal, and the same as ASCII, a line each."""
    return "\n".join(
        _line(offset, content[offset : offset + _WIDTH])
        for offset in range(0, len(content), _WIDTH)
    )


def _line(offset: int, row: bytes) -> str:
    halves = f"{row[:_HALF].hex(' '):<23}  {row[_HALF:].hex(' '):<23}"
    text = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in row)
    return f"{offset:06x}  {halves}  |{text}|"
