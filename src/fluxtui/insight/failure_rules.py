"""The forms of words by which failures are recognised, in the order in which they are tried: the cause before what it
made fail (a webhook that denies makes a dry-run fail, which makes a Helm upgrade fail).

Words of: kube-apiserver 1.36 (admission, RBAC, quota, validation), Kyverno 1.19, kustomize-, helm- and
source-controller 1.9/1.6, the Flux Operator 0.58, Go's HTTP client and resolver, OCI registries, sigstore. Each rule is
held against real messages where there are recordings of them (tests/unit/test_failures.py).
"""

import msgspec

from fluxtui.insight.hosts import FAILURES as HOST_FAILURES

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


# Patterns have no unbounded repetition: each is linear in the text. `failures.compiled` compiles them.
APPLIED = r"\A(?P<object>[A-Z][A-Za-z]{0,62}/[A-Za-z0-9.:_/-]{1,300}) (?:dry-run failed|apply failed|not found)"
WEBHOOK = r'webhook "(?P<webhook>[^"\n]{1,253})"'
URL_HOST = r'(?:Get|Post|Head|GET|HEAD|clone|for|from) ["\']?(?:https?|oci|ssh)://(?P<host>[^/"\'\s?]{1,253})'
LOOKUP = r"lookup (?P<name>[^\s:]{1,253})"
DIALLED = r"dial tcp (?P<address>\[?[0-9a-fA-F.:]{2,64}\]?:\d{1,5})"
BLOCKED_OBJECT = r"resource (?P<object>[A-Z][A-Za-z]{0,62}/[^\s]{1,300}) was blocked"
RELEASE = (
    r"Helm (?P<action>[a-z]{1,20}) failed for release (?P<release>[^\s]{1,300})"
    r"(?: with chart (?P<chart>\S{1,200}?):?\s)?"
)
STUCK = r"(?:timeout waiting for|stalled resources): \[?(?P<object>[A-Z][A-Za-z]{0,62}/[^\s,\]]{1,300})"
NOT_FOUND = r'(?P<resource>[A-Za-z]{1,63})(?:\.[a-z0-9.-]{1,120})? "(?P<name>[^"\n]{1,253})" not found'
INVALID = (
    r'(?P<kind>[A-Z][A-Za-z]{0,62})(?:\.[a-z0-9.-]{1,120})? "(?P<name>[^"\n]{1,253})" is invalid: '
    r"(?P<field>[A-Za-z0-9_.\[\]/-]{1,200}): "
)

_APPLIERS = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance", "ArtifactGenerator"})
_TRUST = ("trusted root", "TUF", "tuf ", "rekor", "fulcio")
_NETWORK = tuple(told for told, _ in HOST_FAILURES if not told.startswith(("x509", "429")))

RULES: tuple[Rule, ...] = (
    # admission
    Rule(
        "admission",
        ("failed calling webhook",),
        ("webhook {webhook} cannot be reached at {host}", "webhook {webhook} cannot be reached"),
        "the webhook's pods and service, and its failurePolicy: everything that it watches is refused",
        (WEBHOOK, r'Post "https?://(?P<host>[^/"\s?]{1,253})'),
    ),
    Rule(
        "admission",
        ("was blocked due to the following policies",),
        (
            "Kyverno policy {policy} rule {rule} denied {object}",
            "Kyverno policy {policy} denied {object}",
            "Kyverno policy {policy} denied it",
            "a Kyverno policy denied it",
        ),
        "the rule's message, its exceptions (PolicyException), and the same rule elsewhere",
        (
            WEBHOOK,
            BLOCKED_OBJECT,
            (
                r"due to the following policies\s{0,8}(?P<policy>[A-Za-z0-9][A-Za-z0-9._-]{0,252}):"
                r"\s{1,8}(?P<rule>[A-Za-z0-9][A-Za-z0-9._-]{0,62}):"
            ),
            r"due to the following policies\s{0,8}(?P<policy>[A-Za-z0-9][A-Za-z0-9._-]{0,252}):",
            APPLIED,
        ),
    ),
    Rule(
        "admission",
        ("ValidatingAdmissionPolicy ",),
        (
            "ValidatingAdmissionPolicy {policy} by binding {binding} denied {object}",
            "ValidatingAdmissionPolicy {policy} denied it",
            "a ValidatingAdmissionPolicy denied it",
        ),
        "the policy's expression and its binding's match",
        (
            r"ValidatingAdmissionPolicy '(?P<policy>[^'\n]{1,253})'",
            r"with binding '(?P<binding>[^'\n]{1,253})'",
            APPLIED,
        ),
    ),
    Rule(
        "admission",
        ('violates PodSecurity "',),
        ("Pod Security level {level} forbids {object}", "Pod Security level {level} forbids it"),
        "the namespace's pod-security.kubernetes.io/enforce label, and the fields that the message names",
        (r'violates PodSecurity "(?P<level>[^"\n]{1,64})"', APPLIED),
    ),
    Rule(
        "admission",
        ("denied the request",),
        (
            "Kyverno policy {policy} rule {rule} denied {object}",
            "Kyverno policy {policy} rule {rule} denied it",
            "Kyverno policy {policy} denied {object}",
            "Kyverno policy {policy} denied it",
            "webhook {webhook} denied it",
        ),
        "the rule's message, its exceptions (PolicyException), and the same rule elsewhere",
        (
            WEBHOOK,
            r"denied the\s{1,4}request: {0,4}Policy (?P<policy>[A-Za-z0-9._-]{1,253}) (?:failed|error)",
            (
                r"denied the\s{1,4}request: {0,4}(?P<policy>[a-z0-9][a-z0-9.-]{0,252}): "
                r"(?P<rule>[a-z0-9][A-Za-z0-9._-]{0,62}):"
            ),
            APPLIED,
        ),
        also=(("kyverno",),),
    ),
    Rule(
        "admission",
        ("denied the request",),
        ("webhook {webhook} denied {object}", "webhook {webhook} denied it", "an admission webhook denied it"),
        "the webhook's message, and who runs it",
        (WEBHOOK, APPLIED),
    ),
    # quota before RBAC: both say "is forbidden"
    Rule(
        "quota",
        ("exceeded quota: ", "failed quota: "),
        ("quota {quota} is exceeded for {object}", "quota {quota} is exceeded", "a quota is exceeded"),
        "the ResourceQuota's used and hard, and who else uses the namespace",
        (
            r"(?:exceeded|failed) quota: (?P<quota>[^\s,:]{1,253})",
            r"requested: (?P<requested>[^\s]{1,200}),",
            APPLIED,
        ),
    ),
    Rule(
        "quota",
        (" usage per Container is ", " usage per Pod is ", "limit to request ratio per "),
        ("a LimitRange forbids {object}", "a LimitRange forbids it"),
        "the namespace's LimitRange, and the object's requests and limits",
        (APPLIED,),
    ),
    Rule(
        "rbac",
        (" cannot ",),
        (
            "{user} may not {verb} {resource} in {namespace}",
            "{user} may not {verb} {resource} in the whole cluster",
            "its account lacks a right",
        ),
        "the Roles and bindings of that account, and spec.serviceAccountName",
        (
            r'User "(?P<user>[^"\n]{1,253})" cannot (?P<verb>[a-z]{1,20}) resource "(?P<resource>[^"\n]{1,253})"',
            r'in API group "(?P<group>[^"\n]{1,253})"',
            r'in the namespace "(?P<namespace>[^"\n]{1,253})"',
            APPLIED,
        ),
        also=(('" cannot ',), (" is forbidden: User ", "forbidden: User ")),
    ),
    Rule(
        "rbac",
        ("is attempting to grant RBAC permissions not currently held",),
        ("{user} may not grant rights that it does not hold itself", "it grants rights that its account does not hold"),
        "who applies it: nobody may hand out rights beyond the own ones",
        (r'user "(?P<user>[^"\n]{1,253})"', APPLIED),
    ),
    Rule(
        "rbac",
        ("cross-namespace references have been disabled", "cross-namespace references are not allowed"),
        (
            "{object} is in another namespace, which Flux' multi-tenancy forbids",
            "references to other namespaces are forbidden",
        ),
        "the flag --no-cross-namespace-refs, and a source in the own namespace",
        (r"can't access '(?P<object>[^'\n]{1,300})'",),
    ),
    # signatures
    Rule(
        "network",
        _NETWORK,
        ("the trust root of signatures cannot be reached at {host}", "the trust root of signatures cannot be reached"),
        "egress from source-controller to that host; the signature itself was not judged",
        (URL_HOST, LOOKUP),
        also=(("failed to verify the signature",), _TRUST),
    ),
    Rule(
        "signature",
        (
            "no matching CertificateIdentity",
            "none of the expected identities matched",
            "no matching attestations: failed to verify certificate identity",
        ),
        ("signed by {signer}, which the rule does not accept", "signed by somebody whom the rule does not accept"),
        "spec.verify.matchOIDCIdentity, and the workflow that signed",
        (
            r'got "(?P<signer>[^"\n]{1,300})"',
            r"got\s{1,4}subjects\s{1,4}\[(?P<signer>[^\]\s]{1,300})",
            r"using provider '(?P<provider>[^'\n]{1,64})'",
        ),
    ),
    Rule(
        "signature",
        ("no signatures found", "no matching signatures were found", "no signature found"),
        ("no signature that {provider} accepts", "no signature that is accepted"),
        "whether the artifact was signed at all, and with which key",
        (r"using provider '(?P<provider>[^'\n]{1,64})'",),
    ),
    Rule(
        "signature",
        (
            "failed to verify the signature",
            "no matching signatures",
            "no matching attestations",
            "signature verification failed",
        ),
        ("{provider} does not accept the signature", "the signature is not accepted"),
        "spec.verify, and the whole message",
        (r"using provider '(?P<provider>[^'\n]{1,64})'",),
    ),
    Rule(
        "signature",
        ("failed to verify commit", "signature verification of commit", "unable to verify the signature of"),
        ("the signature of {revision} is not by a known key", "the Git signature is not by a known key"),
        "the keys in spec.verify.secretRef, and who made the commit",
        (r"(?:commit|tag) '(?P<revision>[^'\n]{1,200})'",),
    ),
    # what it refers to
    Rule(
        "missing",
        ('no matches for kind "',),
        ("kind {kind} of {version} is not installed", "a kind is not installed"),
        "whether its CRD is installed, and by whom: dependsOn orders that",
        (r'no matches for kind "(?P<kind>[^"\n]{1,63})"', r'in version "(?P<version>[^"\n]{1,253})"', APPLIED),
    ),
    Rule(
        "missing",
        ("kustomization path not found",),
        ("path {path} is not in the artifact", "the path is not in the artifact"),
        "spec.path against the contents of the source's revision",
        (r"stat /tmp/[A-Za-z0-9._-]{1,100}/(?P<path>[^\s:]{1,300})",),
    ),
    Rule(
        "missing",
        ('namespaces "',),
        ("namespace {name} does not exist", "the namespace does not exist"),
        "who makes the namespace, and whether this waits for it",
        (NOT_FOUND, APPLIED),
        also=(('" not found',),),
    ),
    Rule(
        "missing",
        ("KubeConfig secret",),
        ("the kubeconfig Secret {secret} does not exist", "the kubeconfig Secret cannot be read"),
        "spec.kubeConfig.secretRef",
        (r"KubeConfig secret '(?P<secret>[^'\n]{1,300})'",),
    ),
    Rule(
        "missing",
        ("substitute from '", "could not find ConfigMap", "could not find Secret"),
        ("{object}, whose values are read, does not exist", "something whose values are read does not exist"),
        "spec.postBuild.substituteFrom or spec.valuesFrom, and who makes that object",
        (
            r"substitute from '(?P<object>[^'\n]{1,300})'",
            r"could not find (?P<object>(?:ConfigMap|Secret) '?[^'\s]{1,300})",
        ),
        also=(("not found", "could not find"),),
    ),
    Rule(
        "missing",
        ("failed to get secret '", "failed to get credential", "failed to get the secret"),
        ("Secret {secret} with the credentials does not exist", "the Secret with the credentials does not exist"),
        "spec.secretRef, and who makes that Secret",
        (r"secret '(?P<secret>[^'\n]{1,300})'", NOT_FOUND),
        also=(('" not found', "not found"),),
    ),
    Rule(
        "missing",
        ("Source artifact not found", "Source is not ready, artifact not found"),
        ("its source has no artifact yet",),
        "the source: it never became ready",
        kinds=_APPLIERS,
    ),
    Rule(
        "missing",
        ('" not found',),
        ("{resource} {name} does not exist",),
        "the name, the namespace, and who makes that object",
        (NOT_FOUND,),
        also=(
            (
                '.fluxcd.io "',
                'secrets "',
                'configmaps "',
                'serviceaccounts "',
                '.fluxcd.controlplane.io "',
                "failed to get provider",
            ),
        ),
    ),
    # what registries and Git hosts say
    Rule(
        "registry",
        ("MANIFEST_UNKNOWN", "NAME_UNKNOWN", "manifest unknown"),
        ("{image}:{tag} is not at {host}", "{image} is not at {host}", "the artifact is not in the registry"),
        "spec.url and spec.ref, and whether it was pushed",
        (
            URL_HOST,
            r"://[^/\s]{1,253}/v2/(?P<image>[^\s:\"]{1,253})/manifests/",
            r"map\[Tag:(?P<tag>[^\]\s]{1,128})\]",
        ),
    ),
    Rule(
        "registry",
        ("no match found for semver", "no chart version found for", "no matching version", "improper constraint"),
        ("no version at {host} matches {wanted}", "no version matches {wanted}", "no version matches"),
        "the range in spec.ref or spec.version, and the versions that there are",
        (URL_HOST, r"(?:for semver: |version found for |constraint: )(?P<wanted>[^\n;]{1,100})"),
    ),
    Rule(
        "registry",
        ("couldn't find remote ref", "reference not found", "unable to find remote ref", "failed to resolve ref"),
        ("{ref} is not in the Git repository", "the branch, tag or commit is not in the Git repository"),
        "spec.ref, and whether the branch was merged and deleted",
        (r"remote ref \"?(?P<ref>[^\s\":]{1,253})",),
    ),
    Rule(
        "registry",
        ("toomanyrequests", "TOOMANYREQUESTS", "429 Too Many Requests"),
        ("{host} limits how often it may be asked", "the host limits how often it may be asked"),
        "intervals, credentials (anonymous limits are lower), a mirror",
        (URL_HOST,),
    ),
    Rule(
        "auth",
        (
            "401 Unauthorized",
            "UNAUTHORIZED",
            "unauthorized: ",
            "authentication required",
            "403 Forbidden",
            "DENIED: ",
            "denied: requested access",
            "unable to authenticate",
            "Permission denied (publickey",
            "invalid credentials",
            "could not read Username",
            "unexpected status code 401",
            "unexpected status code 403",
        ),
        ("{host} refuses the credentials", "the credentials are refused"),
        "the Secret in spec.secretRef (expired?), or the workload identity of source-controller",
        (URL_HOST,),
    ),
    Rule(
        "auth",
        ("knownhosts: ", "host key mismatch", "key mismatch"),
        ("the SSH host key of {host} is not the known one", "the SSH host key is not the known one"),
        "known_hosts in the Secret; whether the host really changed its key",
        (URL_HOST,),
        also=(("ssh", "knownhosts"),),
    ),
    Rule(
        "network",
        ("no such host", "server misbehaving"),
        ("the name {name} cannot be looked up", "a name cannot be looked up"),
        "the host's name in spec.url, and the cluster's DNS",
        (LOOKUP, URL_HOST),
    ),
    Rule(
        "network",
        ("x509: ", "tls: ", "TLS handshake"),
        ("no TLS with {host}: {why}", "no TLS: {why}", "no TLS connection"),
        "the certificate's names and authority, and spec.certSecretRef",
        (URL_HOST, r"(?:x509|tls): (?P<why>[^\n;]{1,160})"),
    ),
    Rule(
        "network",
        ("connection refused", "no route to host", "network is unreachable", "connection reset by peer"),
        ("{host} does not answer", "{address} does not answer", "a host does not answer"),
        "whether it is up, and the way there (NetworkPolicy, proxy): other sources on it fail too",
        (URL_HOST, DIALLED),
    ),
    Rule(
        "network",
        ("i/o timeout", "Client.Timeout exceeded", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"),
        ("{host} does not answer in time", "a host does not answer in time"),
        "whether it is up, and the way there (NetworkPolicy, proxy): other sources on it fail too",
        (URL_HOST, DIALLED),
    ),
    Rule(
        "network",
        ("context deadline exceeded",),
        ("{host} does not answer in time",),
        "whether it is up, the way there, and spec.timeout",
        (URL_HOST,),
        also=(('Get "http', 'Post "http', "GET http", "unable to clone"),),
    ),
    # what the API server says of the object itself
    Rule(
        "conflict",
        ("Apply failed with ",),
        ("{manager} owns {field} of {object}", "{manager} owns {field}", "another manager owns a field"),
        "who else writes that field: an autoscaler, kubectl, another Kustomization",
        (
            r'conflicts? with "(?P<manager>[^"\n]{1,128})"',
            r": (?P<field>\.[A-Za-z0-9_.\[\]/\"=,-]{1,200})",
            APPLIED,
        ),
        also=(("conflict",),),
    ),
    Rule(
        "conflict",
        ("the object has been modified; please apply your changes to the latest version",),
        ("{object} was changed by somebody else at the same time", "it was changed by somebody else at the same time"),
        "it usually passes with the next try",
        (APPLIED,),
    ),
    Rule(
        "schema",
        ("field is immutable", "are immutable", "is immutable", "updates to statefulset spec for fields other than"),
        (
            "{kind} {name}: {field} cannot be changed",
            "{object}: a field that cannot be changed",
            "a field cannot be changed",
        ),
        "recreate it (spec.force, or the annotation kustomize.toolkit.fluxcd.io/force), or take the change back",
        (INVALID, APPLIED),
    ),
    Rule(
        "schema",
        ("strict decoding error", 'unknown field "', "field not declared in schema"),
        (
            "{object} has the unknown field {field}",
            "it has the unknown field {field}",
            "it has a field that its kind does not know",
        ),
        "the spelling and the apiVersion, and the version of the CRD",
        (
            r'unknown field "(?P<field>[^"\n]{1,200})"',
            r"(?P<field>\.[A-Za-z0-9_.]{1,200}): field not declared",
            APPLIED,
        ),
    ),
    Rule(
        "schema",
        ("values don't meet the specifications of the schema",),
        ("the chart's schema refuses the values",),
        "the values, as the message lists them, against the chart's values.schema.json",
    ),
    Rule(
        "schema",
        ("dry-run failed (Invalid)", '" is invalid: '),
        ("{kind} {name}: {field} is not valid", "{object} is not valid", "an object is not valid"),
        "the field that the message names",
        (INVALID, APPLIED),
    ),
    Rule(
        "decryption",
        ("is SOPS encrypted", "failed to decrypt", "cannot get sops data key", "error decrypting"),
        (
            "{object} is encrypted, and no key is configured",
            "{object} cannot be decrypted",
            "a file cannot be decrypted",
        ),
        "spec.decryption, and the key in its Secret",
        (
            r"\A(?P<object>[A-Z][A-Za-z]{0,62}/[^\s]{1,300}) is SOPS encrypted",
            r"failed to decrypt (?:and format )?'?(?P<object>[^\s':]{1,300})",
        ),
    ),
    # building
    Rule(
        "build",
        ("failed to parse the CEL expression", "failed to evaluate dependency", "InvalidCELExpression"),
        ("the CEL expression {expression} cannot be read", "a CEL expression cannot be read"),
        "spec.dependsOn[].readyExpr or spec.healthCheckExprs",
        (r"CEL expression '(?P<expression>[^'\n]{1,200})'",),
    ),
    Rule(
        "build",
        (
            "MalformedYAMLError",
            "failed to decode Kubernetes YAML",
            "error converting YAML",
            "yaml: line ",
            "YAML parse error",
        ),
        ("{file} is no YAML: {why}", "it is no YAML: {why}", "a file is no YAML"),
        "that line of the file, in Git",
        (
            r"YAML from /tmp/[A-Za-z0-9._-]{1,100}/(?P<file>[^\s:]{1,300})",
            r"YAML parse error on (?P<file>[^\s:]{1,300})",
            r" (?P<why>line \d{1,9}: [^\n]{1,160})",
        ),
    ),
    Rule(
        "build",
        ("map has no entry for key",),
        ("the template asks for {key}, which the inputs do not have",),
        "the template's inputs, and what the providers export",
        (r'no entry for key "(?P<key>[^"\n]{1,128})"',),
    ),
    Rule(
        "build",
        ("variable not set (strict mode)", "envsubst error"),
        ("the variable {variable} is not set", "a variable is not set"),
        "spec.postBuild.substitute and substituteFrom",
        (r'variable not set \(strict mode\): "(?P<variable>[^"\n]{1,128})"',),
    ),
    Rule(
        "build",
        ("kustomize build failed",),
        ("kustomize: {file} does not exist", "kustomize cannot build it"),
        "the kustomization.yaml at spec.path, in Git",
        (r"accumulating resources from '(?P<file>[^'\n]{1,300})': open ",),
    ),
    Rule(
        "build",
        ("template: ", "execution error at (", "parse error at ("),
        ("the template {template} fails", "a template fails"),
        "the line of the template that the message names, and the values or inputs it reads",
        (r"template: (?P<template>[^\s:]{1,200})", r"error at \((?P<template>[^\s:)]{1,200})"),
        kinds=_APPLIERS,
    ),
    # what was applied
    Rule(
        "helm",
        ("Helm ",),
        (
            "{action} timed out: {object} does not become ready",
            "{action} timed out waiting for what it applied",
        ),
        "that object's pods and events; then reset or force the release, or take the chart back",
        (RELEASE, STUCK),
        also=((" failed for release",), ("timeout waiting for", "context deadline exceeded", "timed out waiting")),
        kinds=frozenset({"HelmRelease"}),
    ),
    Rule(
        "helm",
        ("Helm test failed",),
        ("the tests of {release} failed", "the chart's tests failed"),
        "the log of the test pods",
        (RELEASE,),
        kinds=frozenset({"HelmRelease"}),
    ),
    Rule(
        "helm",
        (" failed for release",),
        ("{action} of {release} failed",),
        "the whole message, and the last log lines of Helm in it",
        (RELEASE,),
        also=(("Helm ",),),
        kinds=frozenset({"HelmRelease"}),
    ),
    Rule(
        "helm",
        ("retries exhausted", "exceeded maximum retries", "missing target release for rollback", " attempt(s)"),
        ("its retries are exhausted",),
        "what the last try says (Released, history); then reset the release",
        (RELEASE,),
        kinds=frozenset({"HelmRelease"}),
    ),
    Rule(
        "health",
        ("failed early due to stalled resources",),
        ("{object} is stalled", "something that it applied is stalled"),
        "that object: it says itself that it will not recover",
        (STUCK,),
    ),
    Rule(
        "health",
        ("timeout waiting for: ", "health check failed after"),
        ("{object} does not become ready in time", "what it applied does not become ready in time"),
        "that object's pods and events, and spec.timeout",
        (STUCK,),
    ),
    # the rest
    Rule(
        "spec",
        (
            "terminally due to configuration error",
            "Bucket name cannot be",
            "invalid 'url'",
            "unsupported provider",
            "invalid schedule",
        ),
        ("its spec is not valid: {why}", "its spec is not valid"),
        "the field that the message names",
        (r"configuration error: (?P<why>[^\n]{1,200})", r"(?P<why>Bucket name cannot be[^\n]{1,160})"),
    ),
    Rule(
        "storage",
        ("no space left on device", "read-only file system"),
        ("the controller's disk is full or read-only",),
        "the controller's volume, and the sizes of artifacts",
    ),
    Rule(
        "dependency",
        ("dependency '", "dependency check: dependency "),
        ("waits for {object}", "waits for another object"),
        "that object; when each waits for the other, it is a cycle",
        (r"dependency '(?P<object>[^'\n]{1,300})'", r"dependency check: dependency (?P<object>[^\s]{1,300})"),
    ),
)
"""All rules, in their order."""


def _reason(group: str, words: str, look: str, *kinds: str) -> Rule:
    return Rule(group, (), (words,), look, kinds=frozenset(kinds))


_RELEASE = "the conditions Released, Remediated and TestSuccess, and the history of the release"

BY_REASON: dict[str, Rule] = {
    "HealthCheckFailed": _reason(
        "health", "what it applied does not become ready in time", "its inventory: what is not ready"
    ),
    "BuildFailed": _reason("build", "the manifests cannot be built", "the whole message"),
    "InvalidCELExpression": _reason(
        "build", "a CEL expression cannot be read", "spec.dependsOn[].readyExpr or spec.healthCheckExprs"
    ),
    "AuthenticationFailed": _reason("auth", "the host refuses the credentials", "the Secret in spec.secretRef"),
    "VerificationError": _reason("signature", "the artifact cannot be verified", "spec.verify, and the whole message"),
    "AccessDenied": _reason("rbac", "access is denied", "the whole message"),
    "InvalidSchedule": _reason("spec", "its schedule is not valid", "spec.schedule"),
    "DependencyNotReady": _reason("dependency", "waits for another object", "spec.dependsOn"),
    "InstallFailed": _reason("helm", "the install failed", _RELEASE, "HelmRelease"),
    "UpgradeFailed": _reason("helm", "the upgrade failed", _RELEASE, "HelmRelease"),
    "RollbackFailed": _reason("helm", "the rollback failed", _RELEASE, "HelmRelease"),
    "UninstallFailed": _reason("helm", "the uninstall failed", _RELEASE, "HelmRelease"),
    "TestFailed": _reason("helm", "the chart's tests failed", _RELEASE, "HelmRelease"),
    "RetriesExceeded": _reason("helm", "its retries are exhausted", _RELEASE, "HelmRelease"),
}
"""What the controllers' own reasons say where their messages say no more."""
