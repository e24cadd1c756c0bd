"""Which pieces of a document did an act touch? What two people may change without getting in each other's way."""

from __future__ import annotations

from instruments.model import InstrumentVersion


def parts_of(version: InstrumentVersion) -> dict[str, object]:
    """The document as pieces that two people may change without getting in each other's way, by name."""
    found: dict[str, object] = {}
    for section in version.sections:
        found[f"section {section.code}"] = (section.title, section.stem, section.show_if, section.origin)
        for element in section.elements:
            found[f"element {element.code}"] = element
    found |= {f"scale {scale.code}": scale for scale in version.scales}
    found |= {f"factor {factor.code}": factor for factor in version.factors}
    found |= {f"figure {n}": rule for n, rule in enumerate(version.indices)}
    whole = ("sections", "scales", "factors", "indices")
    found |= {
        f"field {name}": getattr(version, name) for name in type(version).model_fields if name not in whole
    }  # fmt: skip
    return found


def touched(old: InstrumentVersion, new: InstrumentVersion) -> frozenset[str]:
    """Names of the pieces that differ between two documents."""
    before, after = parts_of(old), parts_of(new)
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
