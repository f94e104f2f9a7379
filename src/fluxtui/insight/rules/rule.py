"""What a rule is, the classes that rules tell, and the patterns that several of them read names by."""

import msgspec

CLASSES: dict[str, str] = {
    "admission": "a policy or an admission webhook refused it, or the webhook does not answer",
    "rbac": "the account that applies it may not do that",
    "quota": "a quota or a limit of the namespace is reached",
    "signature": "the signature of an artifact is missing or not the expected one",
    "network": "a host does not answer: name, connection, certificate or time",
    "registry": "the host answers, but does not have what is asked for",
    "auth": "the host answers, and refuses the credentials",
    "missing": "something that it refers to does not exist",
    "conflict": "another manager owns a field",
    "schema": "the API server refuses the object as it is: invalid, immutable, unknown fields",
    "decryption": "an encrypted file cannot be read",
    "build": "the manifests cannot be built: kustomize, CEL, a template, YAML",
    "health": "what was applied does not become ready in time",
    "helm": "an action of Helm failed, or its retries are exhausted",
    "spec": "the object's own spec is wrong",
    "storage": "the controller's disk",
    "dependency": "it waits for another object",
}
"""What each class means."""


class Rule(msgspec.Struct, frozen=True):
    """One form of words: a message fits that has one of `told`, and one of each of `also`, for an object of `kinds`.

    `words` are tried in their order: the first whose names are all known is told, else the last. `names` find them.
    """

    group: str
    told: tuple[str, ...]
    words: tuple[str, ...]
    look: str
    names: tuple[str, ...] = ()
    also: tuple[tuple[str, ...], ...] = ()
    kinds: frozenset[str] = frozenset()


APPLIED = r"\A(?P<object>[A-Z][A-Za-z]{0,62}/[A-Za-z0-9.:_/-]{1,300}) (?:dry-run failed|apply failed|not found)"
URL_HOST = r'(?:Get|Post|Head|GET|HEAD|clone|for|from) ["\']?(?:https?|oci|ssh)://(?P<host>[^/"\'\s?]{1,253})'
LOOKUP = r"lookup (?P<name>[^\s:]{1,253})"
APPLIERS = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance", "ArtifactGenerator"})
"""Kinds that apply what others hold."""
