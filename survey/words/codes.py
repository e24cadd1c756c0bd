"""One word for one code: every table of words by its name, on every surface.

The tables hold source texts. A face says them through gettext (`survey.web.code_words`), a file made outside a request
through the translations of its language; this package knows neither.
"""

from __future__ import annotations

from collections.abc import Mapping

from survey.words import Translate, audit, fieldwork, people, province, questionnaires, results, standing

TABLES: Mapping[str, Mapping[str, str]] = {
    "role": people.ROLES,
    "role_hint": people.ROLE_HINTS,
    "account_status": people.ACCOUNT_STATUSES,
    "domain": province.DOMAINS,
    "unit_kind": province.UNIT_KINDS,
    "unit_column": province.UNIT_COLUMNS,
    "field_group": province.FIELD_GROUPS,
    "plan_binding": province.PLAN_BINDINGS,
    "target_unit": province.TARGET_UNITS,
    "apply_to": province.APPLY_TO,
    "comparison": province.COMPARISONS,
    "grade": standing.GRADES,
    "claim": standing.CLAIMS,
    "version_status": questionnaires.VERSION_STATUSES,
    "item_kind": questionnaires.ITEM_KINDS,
    "item_tag": questionnaires.ITEM_TAGS,
    "document_part": questionnaires.DOCUMENT_PARTS,
    "given_by": questionnaires.GIVEN_BY,
    "sensitive_data": questionnaires.SENSITIVE_DATA,
    "note_kind": questionnaires.NOTE_KINDS,
    "decision_role": questionnaires.DECISION_ROLES,
    "language_role": questionnaires.LANGUAGE_ROLES,
    "severity": questionnaires.SEVERITIES,
    "weighty": questionnaires.WEIGHTY,
    "change": questionnaires.CHANGES,
    "detail": questionnaires.DETAILS,
    "counting": questionnaires.COUNTING,
    "series_fate": questionnaires.SERIES_FATES,
    "headline_fate": questionnaires.HEADLINE_FATES,
    "break": questionnaires.BREAKS,
    "joining": questionnaires.JOINING,
    "joining_sentence": questionnaires.JOINING_SENTENCES,
    "sample_agency": questionnaires.SAMPLE_AGENCIES,
    "sample_point": questionnaires.SAMPLE_POINTS,
    "wave_status": fieldwork.WAVE_STATUSES,
    "spending": fieldwork.SPENDING,
    "published_table": fieldwork.TABLES,
    "selection": fieldwork.SELECTIONS,
    "selection_sentence": fieldwork.SELECTION_SENTENCES,
    "mode": fieldwork.MODES,
    "mode_hint": fieldwork.MODE_HINTS,
    "evidence_tier": fieldwork.EVIDENCE_TIERS,
    "file_column": fieldwork.FILE_COLUMNS,
    "verdict": results.VERDICTS,
    "level": results.LEVELS,
    "measure": results.MEASURES,
    "rule": results.RULES,
    "weighed_rule": results.WEIGHED_RULES,
    "rollup": results.ROLLUPS,
    "unattributed": results.UNATTRIBUTED,
    "hidden": results.HIDDEN,
    "left_out": results.LEFT_OUT,
    "no_quantiles": results.NO_QUANTILES,
    "date_quantile": results.DATE_QUANTILES,
    "reason": results.REASONS,
    "rounding": results.ROUNDING,
    "weighting": results.WEIGHTING,
    "weight_stage": results.WEIGHT_STAGES,
    "quadrant": results.QUADRANTS,
    "against_margin": results.AGAINST_MARGIN,
    "no_importance": results.NO_IMPORTANCE,
    "beyond": results.BEYOND,
    "chart": results.CHARTS,
    "margin": results.MARGINS,
    "merge_level": results.MERGE_LEVELS,
    "participation_class": results.PARTICIPATION_CLASSES,
    "participation_differs": results.PARTICIPATION_DIFFERS,
    "participation_alike": results.PARTICIPATION_ALIKE,
    "chosen": results.CHOSEN,
    "audit_action": audit.ACTIONS,
    "audit_key": audit.KEYS,
    "audit_noun": audit.NOUNS,
    "audit_actor": audit.ACTORS,
}


def words(table: str, code: str, say: Translate, **values: object) -> str:
    """The word for a code with what it names; the code itself where there is no word yet."""
    found = TABLES[table].get(str(code))
    if found is None:
        return str(code)
    return say(found) % values if values else say(found)
