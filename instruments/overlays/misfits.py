"""The reasons why a form does not take an addition of a unit, each with its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that an overlay asks of a core and the core does not have or does not allow."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def template(self) -> str:
        """The sentence, with `{names}` to be filled in."""
        return MISFITS[self.code]

    @property
    def message(self) -> str:
        """The sentence."""
        return self.template.format(**self.params)


MISFITS: Mapping[str, str] = {
    "section-place": "section “{section}” should follow “{after}”, which does not exist",
    "section-exists": "section “{section}” now exists in the form itself",
    "element-exists": "“{code}” now exists in the form itself",
    "no-section": "there is no section “{section}” for {codes}",
    "off-unknown": "“{code}” is switched off, but the form does not ask it",
    "off-locked": "“{code}” is switched off, but the form does not allow it",
    "words-unknown": "“{code}” has local words, but the form does not ask it",
    "words-locked": "“{code}” has local words, but the form does not allow it",
    "recording-unknown": "“{code}” has recordings, but the form does not hold it",
    "parameter-exists": "parameter “{code}” now exists in the form itself",
    "scale-exists": "scale “{code}” now exists in the form itself",
    "factor-exists": "factor “{code}” now exists in the form itself",
    "no-list": "there is no answer list “{code}” for the local answers",
    "answer-exists": "answer {answer} of “{code}” now exists in the form itself",
    "language-exists": "the language “{language}” now exists in the form itself",
    "translation-place": "the words in “{language}” for {key} have no text to stand beside",
    "translation-old": "the words in “{language}” for {key} translate words that have changed",
    "comparable": "the judgements on comparability must be made again for this version",
}
"""Every misfit as a sentence."""
