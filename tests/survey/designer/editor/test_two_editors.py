"""Several people at one draft: merged piece by piece, told of each other, nothing overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from werkzeug.datastructures import MultiDict

from survey.database import Database
from survey.designer.editor.actions import ACTS
from survey.designer.editor.form_values import Entered
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.questionnaires import drafts
from tests.survey.designer.editor.desk import LIST, Who, begun, do, now_of, question


def test_two_people_at_different_questions_are_merged(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first), "them-cau", section="s1", words__vi="Hai")
    mine = first.get(f"{LIST}/phieu-moi/1/soan?mo=q1")
    theirs = second.get(f"{LIST}/phieu-moi/1/soan?mo=q2")
    assert "cũng đang" in theirs.text.lower()
    question(theirs, **{"text-vi": "Hai, sửa"}).send()
    page = question(mine, **{"text-vi": "Một, sửa"}).send()
    assert page.status == 200
    assert [i.text["vi"] for i in now_of(database).items] == ["Một, sửa", "Hai, sửa"]


def test_two_people_at_the_same_question_see_both_wordings_and_nothing_is_overwritten(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    begun(first)
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan?mo=q1") for one in (first, second))
    question(theirs, **{"text-vi": "Lời của người kia"}).send()
    page = question(mine, **{"text-vi": "Lời của tôi"}).send()
    assert page.status == 409
    assert "Lời của người kia" in page.text
    assert "Lời của tôi" in page.text
    assert "Lời câu hỏi (vi): Lời của người kia" in page.text
    assert "Phương án trả lời" not in page.text  # the same in both: not a line to choose between
    assert now_of(database).item("q1").text["vi"] == "Lời của người kia"
    question(page).send()
    assert now_of(database).item("q1").text["vi"] == "Lời của tôi"


def test_two_people_who_add_at_the_same_moment_get_codes_of_their_own(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    begun(first)
    pages = [one.get(f"{LIST}/phieu-moi/1/soan?them=s1") for one in (first, second)]
    for page, words in zip(pages, ("Của người này", "Của người kia"), strict=True):
        assert page.form("them-cau", **{"words-vi": words}).send().status == 200
    found = {item.code: item.text["vi"] for item in now_of(database).items}
    assert list(found)[1:] == ["q2", "q3"]
    assert list(found.values())[1:] == ["Của người này", "Của người kia"]


def test_many_who_save_at_one_instant_are_all_kept(database: Database, people: Who, now: datetime):
    begun(people(Role.DESIGNER))

    def add(n: int) -> int:
        fields = MultiDict({"section": "s1", "answers": "text", "words-vi": f"Câu của người {n}"})
        saved = drafts.change(
            database, "phieu-moi", 1, lambda v: ACTS["them-cau"](Entered(fields), v),
            base=0, act="them-cau", actor=system(), now=now,
        )  # fmt: skip
        return saved.revision

    with ThreadPoolExecutor(6) as threads:
        revisions = list(threads.map(add, range(6)))
    assert sorted(revisions) == [1, 2, 3, 4, 5, 6]
    items = now_of(database).items[1:]
    assert sorted(item.code for item in items) == ["q2", "q3", "q4", "q5", "q6", "q7"]
    assert {item.text["vi"] for item in items} == {f"Câu của người {n}" for n in range(6)}


def test_an_order_that_both_change_is_noticed(database: Database, people: Who):
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first), "them-cau", section="s1", words__vi="Hai\nBa")
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan") for one in (first, second))
    do(theirs, "cau-len", element="q3")
    page = do(mine, "cau-xuong", element="q1")
    assert page.status == 409
    assert "đã đổi thứ tự" in page.text
    assert [item.code for item in now_of(database).items] == ["q1", "q3", "q2"]


def test_mine_instead_takes_nothing_else_of_theirs(database: Database, people: Who):
    """The page of a translation sends every field; only those that I changed are mine."""
    first, second = people(Role.DESIGNER), people(Role.DESIGNER)
    do(begun(first, english=True), "them-cau", section="s1", words__vi="Hai", words__en="")
    mine, theirs = (one.get(f"{LIST}/phieu-moi/1/soan/ngon-ngu?lang=en") for one in (first, second))
    one, two = (f"t:sections/s1/elements/{code}/text" for code in ("q1", "q2"))
    theirs.form("lam/dich", **{one: "Their one", two: "Their two"}).send()
    crossing = mine.form("lam/dich", **{one: "My one"}).send()
    assert crossing.status == 409
    question_one = "Their one"
    assert question_one in crossing.text
    assert "My one" in crossing.text
    crossing.form("lam/dich").send()
    document = now_of(database)
    assert document.item("q1").text["en"] == "My one"
    assert document.item("q2").text["en"] == "Their two"


def test_a_page_too_old_to_be_saved_keeps_what_was_typed(database: Database, people: Who):
    browser = people(Role.DESIGNER)
    begun(browser)
    form = question(browser.get(f"{LIST}/phieu-moi/1/soan?mo=q1"), **{"text-vi": "Đã gõ rất lâu"})
    form.fields["revision"] = "4711"
    page = form.send()
    assert page.status == 409
    assert page.value("text-vi") == "Đã gõ rất lâu"
    assert now_of(database).item("q1").text["vi"].startswith("Nhìn chung")
