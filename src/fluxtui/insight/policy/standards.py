"""The controls of the Pod Security Standards in words, by the ids and names that reports have them by.

Sources: the checks of ``k8s.io/pod-security-admission/policy`` (ids, fields, levels) and
https://kubernetes.io/docs/concepts/security/pod-security-standards (what each asks); Kyverno's names of controls, as
its ``podSecurity`` rules and exceptions spell them (``controlName``).
"""

from collections.abc import Iterator

import msgspec

BASELINE, RESTRICTED = "baseline", "restricted"


class Control(msgspec.Struct, frozen=True):
    """One control: Kyverno's `name` of it, the level that asks for it, what it asks, and the fields that it is about.

    Fields are those of a Pod; ``containers[*]`` means init and ephemeral containers too.
    """

    id: str
    name: str
    level: str
    asks: str
    fields: tuple[str, ...]


_CONTAINERS = "spec.containers[*].securityContext"
_POD = "spec.securityContext"

CONTROLS: tuple[Control, ...] = (
    Control(
        "windowsHostProcess",
        "HostProcess",
        BASELINE,
        "no Windows HostProcess container, which has the rights of the node",
        (f"{_POD}.windowsOptions.hostProcess", f"{_CONTAINERS}.windowsOptions.hostProcess"),
    ),
    Control(
        "hostNamespaces",
        "Host Namespaces",
        BASELINE,
        "not the node's network, processes or IPC",
        ("spec.hostNetwork", "spec.hostPID", "spec.hostIPC"),
    ),
    Control("privileged", "Privileged Containers", BASELINE, "no privileged container", (f"{_CONTAINERS}.privileged",)),
    Control(
        "capabilities_baseline",
        "Capabilities",
        BASELINE,
        "no capabilities beyond those that container runtimes give by default",
        (f"{_CONTAINERS}.capabilities.add",),
    ),
    Control(
        "hostPathVolumes",
        "HostPath Volumes",
        BASELINE,
        "no folder of the node as a volume",
        ("spec.volumes[*].hostPath",),
    ),
    Control("hostPorts", "Host Ports", BASELINE, "no port of the node", ("spec.containers[*].ports[*].hostPort",)),
    Control(
        "hostProbesAndHostLifecycle",
        "Host Probes / Lifecycle Hooks",
        BASELINE,
        "probes and hooks ask no other host",
        ("spec.containers[*].livenessProbe", "spec.containers[*].lifecycle"),
    ),
    Control(
        "appArmorProfile",
        "AppArmor",
        BASELINE,
        "AppArmor stays on: RuntimeDefault or Localhost",
        (
            f"{_POD}.appArmorProfile.type",
            f"{_CONTAINERS}.appArmorProfile.type",
            'metadata.annotations["container.apparmor.security.beta.kubernetes.io/*"]',
        ),
    ),
    Control(
        "seLinuxOptions",
        "SELinux",
        BASELINE,
        "SELinux types of containers alone, no user or role of its own",
        (f"{_POD}.seLinuxOptions", f"{_CONTAINERS}.seLinuxOptions"),
    ),
    Control("procMount", "/proc Mount Type", BASELINE, "/proc masked as by default", (f"{_CONTAINERS}.procMount",)),
    Control(
        "seccompProfile_baseline",
        "Seccomp",
        BASELINE,
        "seccomp not switched off (Unconfined)",
        (f"{_POD}.seccompProfile.type", f"{_CONTAINERS}.seccompProfile.type"),
    ),
    Control("sysctls", "Sysctls", BASELINE, "safe sysctls alone", (f"{_POD}.sysctls[*].name",)),
    Control(
        "restrictedVolumes",
        "Volume Types",
        RESTRICTED,
        "volumes of ConfigMaps, Secrets, claims, emptyDir, projections and the like alone",
        ("spec.volumes[*]",),
    ),
    Control(
        "allowPrivilegeEscalation",
        "Privilege Escalation",
        RESTRICTED,
        "allowPrivilegeEscalation is false",
        (f"{_CONTAINERS}.allowPrivilegeEscalation",),
    ),
    Control(
        "runAsNonRoot",
        "Running as Non-root",
        RESTRICTED,
        "runAsNonRoot is true",
        (f"{_POD}.runAsNonRoot", f"{_CONTAINERS}.runAsNonRoot"),
    ),
    Control(
        "runAsUser",
        "Running as Non-root user",
        RESTRICTED,
        "runAsUser is not 0",
        (f"{_POD}.runAsUser", f"{_CONTAINERS}.runAsUser"),
    ),
    Control(
        "seccompProfile_restricted",
        "Seccomp",
        RESTRICTED,
        "a seccomp profile is set: RuntimeDefault or Localhost",
        (f"{_POD}.seccompProfile.type", f"{_CONTAINERS}.seccompProfile.type"),
    ),
    Control(
        "capabilities_restricted",
        "Capabilities",
        RESTRICTED,
        "all capabilities are dropped, NET_BIND_SERVICE alone may be added",
        (f"{_CONTAINERS}.capabilities.drop", f"{_CONTAINERS}.capabilities.add"),
    ),
)
"""In the order of the standards' page."""

_BY_ID = {control.id.lower(): control for control in CONTROLS}
_BY_NAME = {control.name.lower(): control for control in CONTROLS}


def control(told: str) -> Control:
    """A control by its id or Kyverno's name of it; one that is not known has its name alone."""
    key = told.strip().lower()
    found = _BY_ID.get(key) or _BY_NAME.get(key)
    return found if found is not None else Control(told.strip(), told.strip(), "", "", ())


def controls(told: str) -> Iterator[Control]:
    """The controls of a report's list, ids between commas, each once."""
    for each in dict.fromkeys(part.strip() for part in told.split(",")):
        if each:
            yield control(each)
