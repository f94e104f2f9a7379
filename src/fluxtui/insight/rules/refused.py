"""Refusals: by admission, quotas, RBAC, and by signatures that are not the expected ones."""

from fluxtui.insight.hosts import FAILURES as HOST_FAILURES
from fluxtui.insight.rules.rule import APPLIED, LOOKUP, URL_HOST, Rule

WEBHOOK = r'webhook "(?P<webhook>[^"\n]{1,253})"'
BLOCKED_OBJECT = r"resource (?P<object>[A-Z][A-Za-z]{0,62}/[^\s]{1,300}) was blocked"
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
)
