"""Who may do what, where: grants of role × unit subtree × service domains, and the access of every staff route.

Access is declared twice: on each route by `@access(...)`, and in `ROUTES` below, which a test compares with the
application. Object scope is not here but in the queries, which take an `Actor` and filter by its grants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from survey.errors import Forbidden
from survey.models.people.accounts import Role as Role  # faces know roles from here

View = TypeVar("View", bound=Callable[..., Any])

DOMAINS = frozenset({"admin", "health", "education"})


@dataclass(frozen=True)
class GrantScope:
    """One grant: the role, the unit at the top of its subtree, the service domains."""

    role: Role
    unit_id: int
    unit_path: str
    domains: frozenset[str]
    row_data: bool = False
    comments: bool = False

    @property
    def is_root(self) -> bool:
        """Whether the subtree of the grant is the whole province."""
        return self.unit_path.count("/") == 2

    def covers(self, *, unit_path: str, domain: str) -> bool:
        return domain in self.domains and unit_path.startswith(self.unit_path)


@dataclass(frozen=True)
class Actor:
    """Who asks. The command line acts as the system, which may do everything and is named in the audit."""

    account_id: int | None
    username: str
    full_name: str
    grants: tuple[GrantScope, ...]
    is_system: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(Role) if self.is_system else frozenset(g.role for g in self.grants)

    @property
    def governs_province(self) -> bool:
        """Administrator of the whole province: of its root unit and of every service."""
        held = {d for g in self.scopes(Role.ADMINISTRATOR) if g.is_root for d in g.domains}
        return self.is_system or held >= DOMAINS

    def has(self, *roles: Role) -> bool:
        return self.is_system or not self.roles.isdisjoint(roles)

    def scopes(self, *roles: Role) -> tuple[GrantScope, ...]:
        return tuple(g for g in self.grants if g.role in roles)

    def may(self, *roles: Role, unit_path: str, domain: str) -> bool:
        return self.is_system or any(g.covers(unit_path=unit_path, domain=domain) for g in self.scopes(*roles))

    def require(self, *roles: Role, unit_path: str | None = None, domain: str | None = None) -> None:
        """Raise Forbidden unless one of the roles is held (for the unit and domain, where they are given)."""
        held = (
            self.has(*roles)
            if unit_path is None or domain is None
            else self.may(*roles, unit_path=unit_path, domain=domain)
        )
        if not held:
            raise Forbidden("Your account does not have the right to do this. Ask an administrator of the province.")


def system(name: str = "command line") -> Actor:
    return Actor(None, name, name, (), is_system=True)


@dataclass(frozen=True)
class Access:
    """Who may reach a route: anybody, anybody signed in, or the holders of some roles."""

    kind: str
    roles: frozenset[Role] = frozenset()

    def admits(self, actor: Actor | None) -> bool:
        if self.kind == "public":
            return True
        return actor is not None and (self.kind == "signed_in" or actor.has(*self.roles))


PUBLIC = Access("public")
SIGNED_IN = Access("signed_in")


def roles(*allowed: Role) -> Access:
    return Access("roles", frozenset(allowed))


def access(rule: Access) -> Callable[[View], View]:
    """Declare on a view who may reach it."""

    def mark(view: View) -> View:
        view.access = rule  # type: ignore[attr-defined]  # a mark on a function; `staff` compares it with ROUTES
        return view

    return mark


# Short names for the table below.
A, D, P, F, N, U = (
    Role.ADMINISTRATOR,
    Role.DESIGNER,
    Role.APPROVER,
    Role.FIELD_OFFICER,
    Role.ANALYST,
    Role.UNIT_VIEWER,
)

# Every route of the application and who may reach it, face by face. A staff route that is not here answers 404 to
# everybody, and so does one whose view declares something else.
ROUTES: dict[str, Access] = {
    "static": PUBLIC,
    # citizen: no session, no account; its forms carry a signed key
    "citizen.home": PUBLIC,
    "citizen.form": PUBLIC,
    "citizen.send": PUBLIC,
    "citizen.thanks": PUBLIC,
    "citizen.receipt": PUBLIC,
    "citizen.receipt_look": PUBLIC,
    "citizen.receipt_done": PUBLIC,
    "citizen.privacy": PUBLIC,
    "citizen.recording": PUBLIC,
    "citizen.health": PUBLIC,
    "citizen.staff": PUBLIC,
    # site
    "site.help_index": SIGNED_IN,
    "site.help_page": SIGNED_IN,
    "site.home": SIGNED_IN,
    # results
    "results.waves": roles(N, U),
    "results.wave": roles(N, U),
    "results.analysis": roles(N, U),
    "results.ask_for_file": roles(N, U),
    "results.judge_anew": roles(N),
    "results.joined": roles(N),
    "results.ask_for_joined": roles(N),
    "site.change_language": PUBLIC,
    "site.administration": roles(A, F, N),
    "site.settings": roles(A),
    "site.audit_trail": roles(A),
    "site.audit_file": roles(A),
    "site.units_index": roles(A, F, N),
    "site.unit": roles(A, F, N),
    "site.add_unit": roles(A),
    "site.change_unit": roles(A),
    "site.job": SIGNED_IN,
    "site.job_file": SIGNED_IN,
    "site.import_units": roles(A),
    "site.take_units": roles(A),
    "site.units_file": roles(A),
    "site.danang_file": roles(A),
    "site.fields": roles(A, F, N),
    "site.add_field": roles(A),
    "site.change_field": roles(A),
    "site.procedures_index": roles(A, F, N),
    "site.add_procedure": roles(A),
    "site.change_procedure": roles(A),
    "site.plans": roles(A, F, N),
    "site.plan": roles(A, F, N),
    "site.add_plan": roles(A),
    "site.change_plan": roles(A),
    "site.add_target": roles(A),
    "site.change_target": roles(A),
    "site.remove_target": roles(A),
    "site.extend_plan": roles(A),
    # accounts: signing in, links, one's own account
    "accounts.sign_in": PUBLIC,
    "accounts.second_step": PUBLIC,
    "accounts.sign_out": SIGNED_IN,
    "accounts.link": PUBLIC,
    "accounts.link_second_step": PUBLIC,
    "accounts.mine": SIGNED_IN,
    "accounts.change_password": SIGNED_IN,
    "accounts.change_second_step": SIGNED_IN,
    "accounts.take_csv": SIGNED_IN,
    "accounts.sign_out_everywhere": SIGNED_IN,
    # accounts: those of others
    "accounts.index": roles(A),
    "accounts.invite": roles(A),
    "accounts.account": roles(A),
    "accounts.add_grant": roles(A),
    "accounts.end_grant": roles(A),
    "accounts.disable": roles(A),
    "accounts.enable": roles(A),
    "accounts.reset": roles(A),
    "accounts.cancel_invitation": roles(A),
    # designer: questionnaires and their versions
    "designer.instruments": roles(D, P, F, N),
    "designer.instrument": roles(D, P, F, N),
    "designer.version": roles(D, P, F, N),
    "designer.export": roles(D, P, F, N),
    "designer.compare": roles(D, P, F, N),
    "designer.preview": roles(D, P, F, N),
    "designer.preview_page": roles(D, P, F, N),
    "designer.recording": roles(D, P, F, N),
    "designer.recordings": roles(D, P, F, N),
    "designer.put_recordings": roles(D),
    "designer.trials": roles(D, P),
    "designer.forget_trials": roles(D, P),
    "designer.import_file": roles(D),
    "designer.retire": roles(D, P),
    # designer: the editor's desk
    "designer.start": roles(D),
    "designer.start_next": roles(D),
    "designer.copy": roles(D),
    "designer.adapt": roles(D),
    "designer.carry_over": roles(D),
    "designer.edit": roles(D),
    "designer.edit_scales": roles(D),
    "designer.edit_figures": roles(D),
    "designer.edit_languages": roles(D),
    "designer.edit_facts": roles(D),
    "designer.change": roles(D),
    "designer.be_present": roles(D),
    "designer.discard": roles(D),
    "designer.review": roles(D, P),
    "designer.submit": roles(D),
    "designer.give_back": roles(D, P),
    "designer.remark": roles(D, P),
    "designer.settle": roles(D, P),
    # fieldwork: waves, frames, points, codes, placards
    "fieldwork.waves": roles(F, N),
    "fieldwork.wave": roles(F, N),
    "fieldwork.coverage": roles(F, N),
    "fieldwork.frame": roles(F, N),
    "fieldwork.points": roles(F, N),
    "fieldwork.point": roles(F, N),
    "fieldwork.plan_wave": roles(F),
    "fieldwork.change_wave": roles(F),
    "fieldwork.change_days": roles(F),
    "fieldwork.fix_tests": roles(F),
    "fieldwork.add_channel": roles(F),
    "fieldwork.open_wave": roles(F),
    "fieldwork.close_wave": roles(F),
    "fieldwork.ask_for_results": roles(F),
    "fieldwork.change_frame": roles(F),
    "fieldwork.add_cell": roles(F),
    "fieldwork.remove_cell": roles(F),
    "fieldwork.frame_file": roles(F),
    "fieldwork.import_frame": roles(F),
    "fieldwork.issued_forms": roles(F, N),
    "fieldwork.enter_issued": roles(F),
    "fieldwork.import_issued": roles(F),
    "fieldwork.issued_file": roles(F),
    "fieldwork.add_point": roles(F),
    "fieldwork.add_points": roles(F),
    "fieldwork.import_points": roles(F),
    "fieldwork.rename_point": roles(F),
    "fieldwork.add_code": roles(F),
    "fieldwork.replace_code": roles(F),
    "fieldwork.retire_code": roles(F),
    "fieldwork.issue_codes": roles(F),
    "fieldwork.codes_file": roles(F),
    "fieldwork.void_codes": roles(F),
    "fieldwork.print_placards": roles(F),
}
