"""Who sees which figures: role by service by unit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey.errors import NotFound
from survey.models.people.accounts import Account, Role
from survey.models.province.units import Unit, UnitKind
from survey.models.questionnaires.instruments import ServiceDomain
from survey.queries.estimates.results import READERS
from survey.services.estimates.visible_results import ResultsView
from survey.services.files import result_files, result_json
from tests.factories.record import Record
from tests.factories.results import Surveyed
from tests.staff_client import StaffClient


def shown(view: ResultsView) -> dict[str, int | None]:
    return {row.label: row.shown.n for row in view.by_unit}


# --- rights ---------------------------------------------------------------------------------------------------------


def test_analyst_of_a_unit_sees_its_part_and_no_other(survey: Surveyed) -> None:
    health, other = survey.unit("Sở Y tế", kind=UnitKind.DEPARTMENT), survey.unit("Phường A")
    counter = survey.unit("Một cửa Sở Y tế", parent=health, kind=UnitKind.ONE_STOP_CENTRE)
    survey.answer(health, 12, 3)
    survey.answer(counter, 20, 0)
    survey.answer(other, 10, 30)
    view = survey.view(actor=survey.analyst(health))
    assert shown(view) == {"Một cửa Sở Y tế": 20, "Sở Y tế": 15}
    assert view.responses == 35
    assert view.scope_names == ("Một cửa Sở Y tế", "Sở Y tế")
    assert "Phường A" not in str(result_json.result(view))


def test_unit_viewer_sees_the_own_unit(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 30, 10)
    survey.answer(b, 10, 30)
    survey.close()
    view = survey.view(actor=survey.person(Role.UNIT_VIEWER, a))
    assert shown(view) == {"Phường A": 40}
    assert view.overall is not None
    assert view.overall.shown.value == 0.75


@pytest.mark.parametrize("role", [r for r in Role if r not in READERS])
def test_other_roles_have_no_results(survey: Surveyed, role: Role) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 0)
    with pytest.raises(NotFound):
        survey.view(actor=survey.person(role))


def test_another_service_and_another_province_are_not_found(survey: Surveyed) -> None:
    survey.answer(survey.unit(), 20, 0)
    elsewhere = survey.record.unit(kind=UnitKind.PROVINCE)
    for actor in (survey.analyst(domains=("health", "education")), survey.analyst(elsewhere)):
        with pytest.raises(NotFound):
            survey.view(actor=actor)


def test_only_channels_that_ask_in_ones_own_units_are_offered(survey: Surveyed) -> None:
    a, b = survey.unit("Phường A"), survey.unit("Phường B")
    survey.answer(a, 20, 0, channel=survey.qr)
    survey.answer(b, 20, 0, channel=survey.drawn)
    viewer = survey.person(Role.UNIT_VIEWER, a)
    assert [one.code for one in survey.view("qr", actor=viewer).channels] == ["qr"]
    assert survey.view("", actor=viewer).channel == "qr"
    foreign = survey.view("drawn", actor=viewer)
    assert (foreign.overall, foreign.by_unit) == (None, ()) or foreign.overall.shown.value is None  # type: ignore[union-attr]
    assert not foreign.by_unit


@pytest.mark.parametrize("domain", list(ServiceDomain))
@pytest.mark.parametrize("held", ["admin", "health", "education"])
def test_pages_and_files_open_for_ones_own_service_only(
    record: Record, sign_in: Callable[[Account], StaffClient], domain: ServiceDomain, held: str
) -> None:
    survey = Surveyed(record, plan=None, wave_values={"domain": domain})
    survey.answer(survey.unit(), 20, 0)
    browser = sign_in(record.account((Role.ANALYST, survey.province, (held,))))
    page = browser.get("/quan-tri/ket-qua/W-1")
    assert page.status == (200 if held == domain.value else 404)
    if held == domain.value:
        for kind, status in (("workbook", 200), ("rows", 403)):  # rows are a right of their own
            form = page.form("/tep")
            form.fields["tep"] = kind
            assert form.send().status == status


def test_rows_are_for_analysts_of_the_whole_wave_who_hold_the_right(survey: Surveyed) -> None:
    unit = survey.unit()
    survey.answer(unit, 20, 0)
    view = survey.view()
    assert result_files.may_take_rows(view, survey.analyst(row_data=True))
    assert not result_files.may_take_rows(view, survey.analyst())
    assert not result_files.may_take_rows(view, survey.analyst(unit, row_data=True))
    assert not result_files.may_take_rows(view, survey.person(Role.UNIT_VIEWER, row_data=True))


def test_sample_units_are_marked(survey: Surveyed) -> None:
    made_up: Unit = survey.unit("Bệnh viện mẫu", is_sample=True)
    survey.answer(made_up, 20, 0)
    assert [row.sample for row in survey.view().by_unit] == [True]
