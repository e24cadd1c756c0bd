"""Words for the codes of fieldwork: waves, channels, ways of answering, the columns of its files."""

from __future__ import annotations

from survey.errors import N_

WAVE_STATUSES = {
    "planned": N_("In preparation"),
    "open": N_("Taking answers"),
    "closed": N_("Closed"),
}
SELECTIONS = {
    "opt_in": N_("self-selected"),
    "drawn": N_("drawn sample"),
    "census": N_("everybody is asked"),
}
SELECTION_SENTENCES = {
    "opt_in": N_(
        "Whoever scans the poster answers. Nobody knows who might have, so a verdict can at most say 'reached, not "
        "proven'."
    ),
    "drawn": N_("People are chosen by lot from the dossiers, each with a known chance, so a verdict can be proven."),
    "census": N_("Every dossier gets a slip; what is unsure is only who did not answer."),
}
NEEDS_SLIPS = N_("Needs one-time codes.")
MODES = {
    "qr_on_site": N_("QR at the place"),
    "qr_later": N_("QR to take home"),
    "kiosk": N_("screen at the place (kiosk)"),
    "interviewer": N_("interviewer"),
    "paper": N_("paper"),
    "phone": N_("telephone"),
    "post": N_("post"),
}
MODE_HINTS = {
    "qr_on_site": N_("a poster or stand at the counter, in the waiting room, at the gate"),
    "qr_later": N_("on the result slip, answered at home where nobody stands by"),
    "kiosk": N_("a tablet of the office; the next person gets a fresh form"),
}
EVIDENCE_TIERS = {
    "A": N_("evidence A: one-time code"),
    "B": N_("evidence B: screen at the place"),
    "C": N_("evidence C: printed QR"),
    "D": N_("evidence D: open link"),
}
FILE_COLUMNS = {
    "unit": N_("Unit code"),
    "field": N_("Field code"),
    "transactions": N_("Dossiers"),
    "planned": N_("Planned"),
    "issued": N_("Forms issued"),
    "name": N_("Name"),
    "received": N_("Receiving unit"),
    "mode": N_("Mode"),
}
TABLES = {
    "unit,field": N_("Units × fields of procedures: the headline figure"),
    "unit,item": N_("Units × questions: every figure of every unit"),
    "field,item": N_("Fields of procedures × questions: every figure of every field"),
    "item,fact": N_("Questions × what people say of themselves (age group, sex, …)"),
}
SPENDING = {
    "obrien_fleming": N_("Hardly anything early, nearly all for the close (O'Brien and Fleming's kind)"),
    "pocock": N_("About the same at every look (Pocock's kind)"),
}
