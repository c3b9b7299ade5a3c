"""Bytes as lines of sixteen."""

from simulator.hexdump import hexdump


def test_lines_of_sixteen_with_the_text_beside() -> None:
    assert hexdump(b'{"amount":"60000"}\xff').splitlines() == [
        '000000  7b 22 61 6d 6f 75 6e 74  22 3a 22 36 30 30 30 30  |{"amount":"60000|',
        '000010  22 7d ff                                          |"}.|',
    ]


def test_nothing_is_nothing() -> None:
    assert hexdump(b"") == ""
