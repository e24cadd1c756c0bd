"""Says which texts of a questionnaire are read aloud, in which languages, and whether a language is complete.

A recording is always local: the locked form of a ministry stays the same form when a unit has it read aloud. It names
the words it reads by their hash, so that it goes with a question into the next version and is dropped once the
question says something else there. What is not asked on the citizen's page needs no recording.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from instruments.model.document import InstrumentVersion
from instruments.model.elements import Item, Recording, Section, Statement


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
        Heard(code, sum(recording_of(version, element, code) is not None for element in wanted), len(wanted))
        for code in version.language_codes
    )


def spoken_languages(version: InstrumentVersion) -> tuple[str, ...]:
    """Languages in which all that is asked or said can be heard: those offered as spoken."""
    if not any(element.audio for element in version.elements):
        return ()
    return tuple(one.language for one in heard(version) if one.is_complete)


def words_read(version: InstrumentVersion, element: Item | Statement, language: str) -> str:
    """What somebody reads aloud, a line each: the text, then the answers offered.

    In a language that is only spoken, what is written stands in the language that takes its place.
    """
    if isinstance(element, Statement):
        return element.text.inside(language)
    answers = (version.option_label(element, option).inside(language) for option in version.options_shown(element))
    return "\n".join((element.wording.inside(language), *answers))


def words_hash(version: InstrumentVersion, element: Item | Statement, language: str) -> str:
    """The hash by which a recording names its words."""
    return hashlib.sha256(words_read(version, element, language).encode()).hexdigest()


def recording_of(version: InstrumentVersion, element: Item | Statement, language: str) -> Recording | None:
    """The recording of one text in one language, if it still reads the words that stand there."""
    found = next((one for one in element.audio if one.language == language), None)
    return found if found is not None and found.words == words_hash(version, element, language) else None


def is_outdated(version: InstrumentVersion, element: Item | Statement, language: str) -> bool:
    """Whether there is a recording that reads other words than those of the text now."""
    held = any(one.language == language for one in element.audio)
    return held and recording_of(version, element, language) is None


def taken_over(version: InstrumentVersion, earlier: InstrumentVersion) -> tuple[InstrumentVersion, int]:
    """The version with what an earlier one has recorded of the same words under the same code, and how many those are.

    What was recorded for this version stays; recordings of other words go.
    """
    new, taken = version, 0
    known = {element.code: element for element in earlier.elements}
    for element in version.elements:
        before = known.get(element.code)
        found: list[Recording] = []
        for language in version.language_codes:
            own = recording_of(version, element, language)
            theirs = recording_of(earlier, before, language) if before is not None else None
            if own is None and theirs is not None and theirs.words == words_hash(version, element, language):
                own, taken = theirs, taken + 1
            if own is not None:
                found.append(own)
        if tuple(found) != element.audio:
            new = _changed(new, element.code, tuple(found))
    return new, taken


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


def with_all(version: InstrumentVersion, audio: Mapping[str, tuple[Recording, ...]]) -> InstrumentVersion:
    """The version with these recordings, by the code of the text; texts that are not named keep theirs."""
    for element in version.elements:
        wanted = audio.get(element.code, element.audio)
        if wanted != element.audio:
            version = _changed(version, element.code, wanted)
    return version


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
