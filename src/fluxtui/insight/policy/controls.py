"""The controls of the Pod Security Standards: as results of Kyverno name them, and as its exceptions do.

Source: kyverno pkg/pss/utils/mapping.go; ids are those of k8s.io/pod-security-admission.
"""

from collections.abc import Iterable

CONTROLS = {
    "privileged": "Privileged Containers",
    "hostNamespaces": "Host Namespaces",
    "hostPathVolumes": "HostPath Volumes",
    "hostPorts": "Host Ports",
    "windowsHostProcess": "HostProcess",
    "procMount": "/proc Mount Type",
    "sysctls": "Sysctls",
    "seLinuxOptions": "SELinux",
    "appArmorProfile": "AppArmor",
    "capabilities_baseline": "Capabilities",
    "capabilities_restricted": "Capabilities",
    "seccompProfile_baseline": "Seccomp",
    "seccompProfile_restricted": "Seccomp",
    "allowPrivilegeEscalation": "Privilege Escalation",
    "restrictedVolumes": "Volume Types",
    "runAsNonRoot": "Running as Non-root",
    "runAsUser": "Running as Non-root user",
}
"""By the id that a result has (``properties.controls``): the name that exceptions use."""
OF_CONTAINERS = frozenset(
    {"Capabilities", "Privileged Containers", "Host Ports", "/proc Mount Type", "Privilege Escalation"}
)
"""Controls that are excepted for images alone: Kyverno refuses an entry of them without images."""


def control_names(controls: str) -> tuple[str, ...]:
    """The names of the controls that a result lists between commas, each once; ids that are not known stay as they
    are.
    """
    ids: Iterable[str] = (each.strip() for each in controls.split(","))
    return tuple(dict.fromkeys(CONTROLS.get(each, each) for each in ids if each))
