"""A condition said so that the person who set it can check it."""

from __future__ import annotations

import pytest

from instruments.condition_sentences import sentence
from instruments.conditions import ConditionError
from tests.instruments.factory import item, multiple, option, section, single, version, words

YES_NO = {"kind": "single", "options": [option(1, "Có"), option(2, "Không")]}
LONG = "Ông/Bà đã nhận được kết quả giải quyết thủ tục hành chính của mình hay chưa?"
CUT = "“Ông/Bà đã nhận được kết quả giải quyết thủ tục hành chính c…”"
FORM = version(
    section(
        "a",
        item("q1", YES_NO, label="Câu 1"),
        item("q2", multiple(1, 7), label="Câu 2"),
        item("g1", {"kind": "number", "decimals": 1}, label="G1"),
        item("q4", single(1, 2), text=words(LONG)),
        item("c1", {"kind": "text"}, text=words("Ý kiến khác.")),
    )
)


@pytest.mark.parametrize(
    ("source", "vietnamese", "english"),
    [
        ("q1 == 1", "Hỏi khi Câu 1 trả lời “Có”.", "Asked when the answer to Câu 1 is “Có”."),
        (
            "q1 in (1, 2) and not (q2 includes 7)",
            "Hỏi khi Câu 1 trả lời “Có” hoặc “Không” và không đúng là (Câu 2 có chọn “Trả lời 7”).",
            (
                "Asked when the answer to Câu 1 is “Có” or “Không”"
                " and it is not so that (“Trả lời 7” is chosen in Câu 2)."
            ),
        ),
        (
            "g1 < 8.5 or blank(c1)",
            "Hỏi khi G1 nhỏ hơn 8,5 hoặc câu “Ý kiến khác” để trống.",
            "Asked when G1 is less than 8.5 or the question “Ý kiến khác” is left blank.",
        ),
        (
            "answered(q4) and (g1 >= 50 or q2 not includes 1)",
            (f"Hỏi khi câu {CUT} có trả lời và (G1 từ 50 trở lên hoặc Câu 2 có trả lời và không chọn “Trả lời 1”)."),
            (
                f"Asked when the question {CUT} is answered and (G1 is at least 50 or"
                " Câu 2 is answered and “Trả lời 1” is not chosen)."
            ),
        ),
        (
            "q1 != 2",
            "Hỏi khi Câu 1 có trả lời và không phải “Không”.",
            "Asked when Câu 1 is answered and is not “Không”.",
        ),
        ("gone == 3", "Hỏi khi “gone” bằng 3.", "Asked when “gone” is 3."),
    ],
)
def test_condition_reads_as_a_sentence(source: str, vietnamese: str, english: str):
    assert sentence(FORM, source, "vi") == vietnamese
    assert sentence(FORM, source, "en") == english


def test_what_cannot_be_read_is_not_said():
    with pytest.raises(ConditionError):
        sentence(FORM, "q1 ==")
