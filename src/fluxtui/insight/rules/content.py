"""What is wrong with what was delivered: conflicts, schemas, decryption, builds, health, Helm; then the rest."""

from fluxtui.insight.rules.rule import APPLIED, APPLIERS, Rule

RELEASE = (
    r"Helm (?P<action>[a-z]{1,20}) failed for release (?P<release>[^\s]{1,300})"
    r"(?: with chart (?P<chart>\S{1,200}?):?\s)?"
)
STUCK = r"(?:timeout waiting for|stalled resources): \[?(?P<object>[A-Z][A-Za-z]{0,62}/[^\s,\]]{1,300})"
INVALID = (
    r'(?P<kind>[A-Z][A-Za-z]{0,62})(?:\.[a-z0-9.-]{1,120})? "(?P<name>[^"\n]{1,253})" is invalid: '
    r"(?P<field>[A-Za-z0-9_.\[\]/-]{1,200}): "
)

RULES: tuple[Rule, ...] = (
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
        kinds=APPLIERS,
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
