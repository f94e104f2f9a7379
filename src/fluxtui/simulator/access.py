"""Who is asking, and what they may do: bearer tokens, impersonation and RBAC.

Rights come from the cluster's own Role, ClusterRole and binding objects, as on a real cluster; `Access.grant` writes
such objects. Members of ``system:masters`` may do everything, and everybody who is known may discover.
"""

from collections.abc import Iterable, Mapping

import msgspec

from fluxtui.simulator import refusals
from fluxtui.simulator.objects import Objects
from fluxtui.simulator.registry import RBAC
from fluxtui.simulator.shapes import Json
from fluxtui.simulator.shelf import Event

MASTERS = "system:masters"
AUTHENTICATED = "system:authenticated"
_RBAC_KINDS = frozenset(("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"))
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY = ("/api", "/apis", "/openapi", *_PUBLIC)


class User(msgspec.Struct, frozen=True):
    """Somebody with a name, and the groups that they are in."""

    name: str
    groups: tuple[str, ...] = ()


ADMIN = User("admin", (MASTERS,))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


class Attempt(msgspec.Struct, frozen=True):
    """What somebody wants to do: on a resource, or on a ``path`` that is none."""

    verb: str
    group: str = ""
    plural: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def target(self) -> str:
        """``pods/log``"""
        return f"{self.plural}/{self.subresource}" if self.subresource else self.plural


class Rule(msgspec.Struct, frozen=True):
    """What a binding allows somebody; ``why`` is how the server explains it."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    names: tuple[str, ...]
    paths: tuple[str, ...]
    namespace: str
    """Empty for the whole cluster."""
    why: str

    def allows(self, attempt: Attempt) -> bool:
        """Whether the attempt is covered."""
        if not _covers(self.verbs, attempt.verb):
            return False
        if attempt.path:
            return any(
                path == attempt.path or (path[-1:] == "*" and attempt.path.startswith(path[:-1])) for path in self.paths
            )
        if self.namespace and self.namespace != attempt.namespace:
            return False
        if not _covers(self.groups, attempt.group) or (self.names and attempt.name not in self.names):
            return False
        return _covers(self.resources, attempt.target) or f"*/{attempt.subresource}" in self.resources


def _covers(allowed: tuple[str, ...], wanted: str) -> bool:
    return "*" in allowed or wanted in allowed


class Access:
    """Tokens and rights of one cluster. ``tokens`` may change while the server runs."""

    def __init__(self, objects: Objects, tokens: Mapping[str, User]) -> None:
        self.tokens = dict(tokens)
        self._objects = objects
        self._rules: dict[str, list[Rule]] | None = None
        objects.observe(self._written)

    def authenticate(self, authorization: str | None) -> User:
        """The user behind an ``Authorization`` header. Raises `refusals.Refusal` (401)."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        user = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise refusals.unauthorized()
        return User(user.name, (*user.groups, AUTHENTICATED))

    def impersonate(self, user: User, name: str | None, groups: list[str], attempt: Attempt) -> User:
        """The user that ``user`` acts as. Raises `refusals.Refusal` (400 without a name, 403 without the right)."""
        if name is None and not groups:
            return user
        if not name:
            listed = ", ".join(f'"{group}"' for group in groups)
            told = f'&user.DefaultInfo{{Name:"", UID:"", Groups:[]string{{{listed}}}, Extra:map[string][]string(nil)}}'
            raise refusals.bad_request(f"requested {told} without impersonating a user name")
        wanted = [Attempt("impersonate", plural="users", name=name)]
        wanted += [Attempt("impersonate", plural="groups", name=group) for group in groups]
        if not all(self.allows(user, each)[0] for each in wanted):
            raise self.refusal(user, msgspec.structs.replace(attempt, verb=f"impersonate-on:user-info:{attempt.verb}"))
        return User(name, (*groups, AUTHENTICATED))

    def authorize(self, user: User, attempt: Attempt) -> None:
        """Raises `refusals.Refusal` (403) unless the attempt is allowed."""
        if not self.allows(user, attempt)[0]:
            raise self.refusal(user, attempt)

    def allows(self, user: User, attempt: Attempt) -> tuple[bool, str]:
        """(whether the attempt is allowed, the server's explanation of it)."""
        if MASTERS in user.groups:
            return True, ""
        if attempt.path and attempt.verb == "get" and _open_to(user, attempt.path):
            return True, ""
        if attempt.plural.startswith("selfsubject") and attempt.verb == "create" and AUTHENTICATED in user.groups:
            return True, ""
        for rule in self.rules(user):
            if rule.allows(attempt):
                return True, f"RBAC: allowed by {rule.why}"
        return False, ""

    def rules(self, user: User) -> list[Rule]:
        """The rules that bindings give a user, by name or by group."""
        if self._rules is None:
            self._rules = _compile(self._objects)
        subjects = (f"User {user.name}", *(f"Group {group}" for group in user.groups))
        return [rule for subject in subjects for rule in self._rules.get(subject, ())]

    def refusal(self, user: User, attempt: Attempt) -> refusals.Refusal:
        """The 403 for an attempt, in the server's words."""
        if attempt.path:
            text = f'forbidden: User "{user.name}" cannot {attempt.verb} path "{attempt.path}"'
            return refusals.Refusal(403, "Forbidden", text, details={})
        where = f'in the namespace "{attempt.namespace}"' if attempt.namespace else "at the cluster scope"
        who, group = user.name, attempt.group
        why = f'User "{who}" cannot {attempt.verb} resource "{attempt.target}" in API group "{group}" {where}'
        return refusals.forbidden(attempt.plural, attempt.group, attempt.name, why)

    def grant(
        self,
        name: str,
        subjects: Iterable[str],
        verbs: Iterable[str],
        resources: Iterable[str],
        *,
        groups: Iterable[str] = ("*",),
        namespaces: Iterable[str] = (),
    ) -> None:
        """Writes a ClusterRole called ``name`` and what binds it: cluster-wide, or in some namespaces only.

        ``subjects`` are ``User:jane`` or ``Group:viewers``; ``resources`` may be ``*`` or ``pods/log``.
        """
        role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
        rule = {"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)}
        self._objects.create(role | {"rules": [rule]})
        bound: Json = {
            "apiVersion": f"{RBAC}/v1",
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [
                {"apiGroup": RBAC, "kind": kind, "name": subject}
                for kind, _, subject in (text.partition(":") for text in subjects)
            ],
        }
        within = list(namespaces)
        if not within:
            self._objects.create(bound | {"kind": "ClusterRoleBinding", "metadata": {"name": name}})
        for namespace in within:
            self._objects.create(bound | {"kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace}})

    def _written(self, event: Event) -> None:
        if event.after.resource.kind in _RBAC_KINDS:
            self._rules = None


def _open_to(user: User, path: str) -> bool:
    if path in _PUBLIC or path.startswith(("/healthz/", "/livez/", "/readyz/")):
        return True
    known = AUTHENTICATED in user.groups
    return known and (path in _DISCOVERY or path.startswith(("/api/", "/apis/", "/openapi/")))


def _compile(objects: Objects) -> dict[str, list[Rule]]:
    """Every rule by subject, from the binding objects."""
    found: dict[str, list[Rule]] = {}
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in objects.list(kind):
            namespace: str = binding["metadata"].get("namespace", "")
            reference = binding["roleRef"]
            at = namespace if reference["kind"] == "Role" else ""
            role = objects.get(reference["kind"], at, reference["name"])
            label = f"{binding['metadata']['name']}/{namespace}" if namespace else binding["metadata"]["name"]
            for subject in binding.get("subjects") or ():
                why = f'{kind} "{label}" of {reference["kind"]} "{reference["name"]}" to {_described(subject)}'
                rules = [_rule(rule, namespace, why) for rule in (role or {}).get("rules") or ()]
                found.setdefault(_subject(subject), []).extend(rules)
    return found


def _subject(subject: Json) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"User system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
    return f"{subject['kind']} {subject['name']}"


def _described(subject: Json) -> str:
    name = (
        f"{subject['name']}/{subject.get('namespace', '')}" if subject["kind"] == "ServiceAccount" else subject["name"]
    )
    return f'{subject["kind"]} "{name}"'


def _rule(rule: Json, namespace: str, why: str) -> Rule:
    verbs, groups, resources = (tuple(rule.get(key) or ()) for key in ("verbs", "apiGroups", "resources"))
    names, paths = tuple(rule.get("resourceNames") or ()), tuple(rule.get("nonResourceURLs") or ())
    return Rule(verbs, groups, resources, names, () if namespace else paths, namespace, why)
