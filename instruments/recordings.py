"""Which texts of a questionnaire are read aloud, in which languages, and is a language complete?

A recording is always local: the locked form of a ministry stays the same form when a unit has it read aloud. What is
not asked on the citizen's page needs no recording. `linting.spoken_languages` says which languages are complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from instruments.elements import Item, Recording, Section, Statement
from instruments.model import InstrumentVersion


@dataclass(frozen=True)
class Heard:
    """How far the recordings of one language are."""

    language: str
    recorded: int
    total: int

    @property
    def is_complete(self) -> bool:
        """Everything that is asked or said can be heard."""
        return 0 < self.total == self.recorded


def spoken_elements(version: InstrumentVersion) -> tuple[Item | Statement, ...]:
    """What there is to read aloud: the questions that are asked and the words between them."""
    return tuple(one for one in version.elements if not (isinstance(one, Item) and not one.asked))


def heard(version: InstrumentVersion) -> tuple[Heard, ...]:
    """How far each language of the questionnaire is."""
    wanted = spoken_elements(version)
    return tuple(
        Heard(code, sum(any(one.language == code for one in element.audio) for element in wanted), len(wanted))
        for code in version.language_codes
    )


def recording_of(element: Item | Statement, language: str) -> Recording | None:
    """The recording of one text in one language."""
    return next((one for one in element.audio if one.language == language), None)


def with_recording(version: InstrumentVersion, code: str, recording: Recording) -> InstrumentVersion:
    """The version with one text read aloud in one language; an earlier recording of it is replaced.

    `KeyError` names a text or a language that is not in the questionnaire.
    """
    if recording.language not in version.language_codes:
        raise KeyError(recording.language)
    rest = _others(version, code, recording.language)
    order = {language: n for n, language in enumerate(version.language_codes)}
    audio = sorted((*rest, recording), key=lambda one: order.get(one.language, len(order)))
    return _changed(version, code, tuple(audio))


def without_recording(version: InstrumentVersion, code: str, language: str) -> InstrumentVersion:
    """The version without the recording of one text in one language."""
    return _changed(version, code, tuple(_others(version, code, language)))


def _others(version: InstrumentVersion, code: str, language: str) -> Iterator[Recording]:
    element = next((one for one in version.elements if one.code == code), None)
    if element is None:
        raise KeyError(code)
    return (one for one in element.audio if one.language != language)


def _changed(version: InstrumentVersion, code: str, audio: tuple[Recording, ...]) -> InstrumentVersion:
    def in_section(section: Section) -> Section:
        if all(one.code != code for one in section.elements):
            return section
        elements = tuple(
            one.model_copy(update={"audio": audio}) if one.code == code else one for one in section.elements
        )
        return section.model_copy(update={"elements": elements})

    return version.model_copy(update={"sections": tuple(in_section(one) for one in version.sections)})
