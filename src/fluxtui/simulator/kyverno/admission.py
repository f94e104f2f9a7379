"""What is refused on its way in, and in which words: by policies that deny, by webhooks that do not answer.

The API server asks its own ValidatingAdmissionPolicies first, then Kyverno's webhooks. From Kyverno's sources: a
request is refused when a rule fails whose effective action is Enforce or Deny; a legacy rule lets an update through
that was a violation before (``allowExistingViolations``), one of CEL never does. While the admission controller is
down, what a policy with ``failurePolicy: Fail`` looks at cannot be written at all.
"""

import msgspec
import yaml

from fluxtui.simulator import patches
from fluxtui.simulator.controllers.engine import Engine, Key
from fluxtui.simulator.kyverno import exceptions, installation, queues
from fluxtui.simulator.kyverno.checks import Finding, judge
from fluxtui.simulator.kyverno.rules import SCANNED, Rule, rules_for
from fluxtui.simulator.kyverno.scanning import SKIPPED, Judgement, judgement
from fluxtui.simulator.shapes import Json, dig, map_at, maps_at

SOURCES = {"GitRepository": "gitrepositories", "OCIRepository": "ocirepositories", "HelmRepository": "helmrepositories"}
ALLOWLIST = "variables.sources.exists_one(prefix, variables.url.startsWith(prefix))"
"""The expression of D2's guard over tenants' sources: the one that is understood here."""


class DeniedError(Exception):
    """A write that is refused; the text is the API server's.

    ``key`` is the object, ``reason`` that of the API (empty where there is none), ``waited`` how long it took to be
    refused, in seconds.
    """

    def __init__(self, key: Key, message: str, reason: str = "", waited: float = 0.0) -> None:
        super().__init__(message)
        self.key = key
        self.reason = reason
        self.waited = waited

    @property
    def dry_run(self) -> str:
        """How kustomize-controller and the Flux Operator tell of it."""
        named = "/".join(part for part in (self.key[0].partition(".")[0], *self.key[1:]) if part)
        return f"{named} dry-run failed{f' ({self.reason})' if self.reason else ''}: {self}\n"

    @property
    def by_helm(self) -> str:
        """How Helm tells of it."""
        kind, namespace, name = self.key
        version = "apps/v1" if kind == "Deployment" else "v1"
        return f"server-side apply failed for object {namespace}/{name} {version}, Kind={kind}: {self}"


class _Violation(msgspec.Struct, frozen=True):
    rule: Rule
    found: Finding


def admit(engine: Engine, key: Key, wanted: Json) -> None:
    """Asks everybody whether an object may be written as wanted. Raises DeniedError.

    ``wanted`` is what is applied: fields that it does not name stay as they are. Nobody is asked while a past is played
    at once: what is there was there before the policies.
    """
    if engine.asleep:
        return
    if key[0] in SOURCES:
        _ask_guard(engine, key, wanted)
    if _concerns(engine, key):
        _ask_kyverno(engine, key, wanted)


def report(engine: Engine, key: Key) -> None:
    """What the admission controller reports of an object that was let through, until the next scan takes it in."""
    if engine.asleep or not engine.reports or not _concerns(engine, key):
        return
    server, obj = (
        engine.storage.get("Deployment", installation.NAMESPACE, installation.ADMISSION),
        engine.storage.get(*key),
    )
    if obj is not None and map_at(server, "status").get("readyReplicas"):
        queues.leave(engine, obj, [told for _, told in judgement(engine).results(obj, engine.now)])


def _concerns(engine: Engine, key: Key) -> bool:
    """Whether an object is one that Kyverno's webhooks are asked about."""
    return key[0] in SCANNED and (key[1] or key[2]) not in SKIPPED | engine.static


def _ask_guard(engine: Engine, key: Key, wanted: Json) -> None:
    """The ValidatingAdmissionPolicies over sources, each by its bindings."""
    kind, namespace, name = key
    for policy in engine.storage.list("ValidatingAdmissionPolicy"):
        if not any(check.get("expression") == ALLOWLIST for check in maps_at(policy, "spec", "validations")):
            continue
        for binding in engine.storage.list("ValidatingAdmissionPolicyBinding"):
            bound = dig(binding, "spec", "policyName") == policy["metadata"]["name"]
            if (
                not bound
                or "Deny" not in binding["spec"]["validationActions"]
                or not _selects(engine, binding, namespace)
            ):
                continue
            said = _source_refused(engine, binding, str(dig(wanted, "spec", "url") or ""))
            if said:
                by = f"'{policy['metadata']['name']}' with binding '{binding['metadata']['name']}'"
                what = f'{SOURCES[kind]}.source.toolkit.fluxcd.io "{name}" is forbidden'
                raise DeniedError(key, f"{what}: ValidatingAdmissionPolicy {by} denied request: {said}", "Invalid")


def _selects(engine: Engine, binding: Json, namespace: str) -> bool:
    labels = map_at(engine.storage.get("Namespace", "", namespace), "metadata", "labels")
    terms = maps_at(binding, "spec", "matchResources", "namespaceSelector", "matchExpressions")
    return all(labels.get(term["key"]) in term.get("values", ()) for term in terms)


def _source_refused(engine: Engine, binding: Json, url: str) -> str:
    """What the guard says of a URL; empty when exactly one prefix matches it."""
    reference = map_at(binding, "spec", "paramRef")
    held = engine.storage.get("ConfigMap", reference.get("namespace", ""), reference.get("name", ""))
    if held is None:
        return "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
    sources = str(map_at(held, "data").get("sources", "")).split(" ")
    if sum(url.startswith(prefix) for prefix in sources) == 1:
        return ""
    return f"Source {url} is not allowed, must be one of {', '.join(sources)}"


def _ask_kyverno(engine: Engine, key: Key, wanted: Json) -> None:
    server = engine.storage.get("Deployment", installation.NAMESPACE, installation.ADMISSION)
    if server is None or engine.storage.get("ValidatingWebhookConfiguration", "", installation.VALIDATING) is None:
        return
    before = engine.storage.get(*key)
    after = wanted if before is None else patches.merge(before, {k: wanted[k] for k in wanted if k != "status"})
    judged = judgement(engine)
    rules = [rule for rule in rules_for(judged.policies, after) if not rule.generates]
    if not map_at(server, "status").get("readyReplicas"):
        _time_out(engine, key, rules)
        return
    violations = [each for rule in rules if (each := _violation(judged, rule, before, after)) is not None]
    for webhook in sorted({_webhook(each) for each in violations}):
        told = [each for each in violations if _webhook(each) == webhook]
        for each in told:
            _tell(engine, each, before or after)
        raise DeniedError(key, f'admission webhook "{webhook}" denied the request: {_words(key, told)}')


def _time_out(engine: Engine, key: Key, rules: list[Rule]) -> None:
    """Nobody answers: Fail means that nothing is written, after as long as the webhook is waited for."""
    names = sorted(installation.webhook_name(rule.policy, fails_closed=True) for rule in rules if rule.fails_closed)
    if not names:
        return
    name = next((each for each in names if each.startswith("validate.")), names[0])
    held = engine.storage.get("ValidatingWebhookConfiguration", "", installation.VALIDATING)
    limits = {each["name"]: each["timeoutSeconds"] for each in maps_at(held, "webhooks")}
    seconds = limits.get(name, installation.TIMEOUT)
    host = f"{installation.SERVICE}.{installation.NAMESPACE}.svc:443"
    url = f"https://{host}{installation.path_of(name)}?timeout={seconds}s"
    said = f'failed calling webhook "{name}": failed to call webhook: Post "{url}": context deadline exceeded'
    raise DeniedError(key, f"Internal error occurred: {said}", "InternalError", float(seconds))


def _violation(judged: Judgement, rule: Rule, before: Json | None, after: Json) -> _Violation | None:
    """What is wrong with an object by a rule that denies; None where nothing is, or it is let through."""
    if not rule.denies(after["metadata"].get("namespace", "")):
        return None
    found = judge(rule, after)
    if found is None or found.result != "fail" or exceptions.excepting(judged.exceptions, rule, after, found):
        return None
    if before is not None and rule.legacy and map_at(rule.body, "validate").get("allowExistingViolations", True):
        earlier = judge(rule, before)
        if earlier is not None and earlier.result == "fail":
            return None
    return _Violation(rule, found)


def _webhook(each: _Violation) -> str:
    return installation.webhook_name(each.rule.policy, fails_closed=each.rule.fails_closed)


def _words(key: Key, violations: list[_Violation]) -> str:
    """Kyverno's own: a YAML map of policies and rules for legacy ones, a line per policy for CEL."""
    if not violations[0].rule.legacy:
        return "; ".join(f"Policy {each.rule.check[0]} failed: {each.found.message}" for each in violations)
    told: dict[str, dict[str, str]] = {}
    for each in violations:
        told.setdefault(each.rule.check[0], {})[each.rule.name] = each.found.message
    kind, namespace, name = key
    body = yaml.safe_dump(told, width=80, indent=2, allow_unicode=True)
    return f"\n\nresource {kind}/{namespace}/{name} was blocked due to the following policies \n\n{body}"


def _tell(engine: Engine, each: _Violation, obj: Json) -> None:
    metadata = obj["metadata"]
    where = " ".join((obj["kind"], "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))))
    rule = f"[{each.rule.name}] fail" if each.rule.name else "fail"
    said = f"{where}: {rule} (blocked); {each.found.message}"
    engine.recorder.violation(each.rule.policy, said, obj, blocked=True)
