"""The controls of the Pod Security Standards as exceptions name them; what each asks is in `standards`.

Source: the CRD of kyverno.io/v2 PolicyException (``controlName``); kyverno pkg/pss/utils/mapping.go for what is of
containers alone.
"""

from fluxtui.insight.policy.standards import controls

EXCEPTABLE = frozenset(
    {
        "HostProcess",
        "Host Namespaces",
        "Privileged Containers",
        "Capabilities",
        "HostPath Volumes",
        "Host Ports",
        "AppArmor",
        "SELinux",
        "/proc Mount Type",
        "Seccomp",
        "Sysctls",
        "Volume Types",
        "Privilege Escalation",
        "Running as Non-root",
        "Running as Non-root user",
    }
)
"""The names that an exception may have: newer controls have none yet."""
OF_CONTAINERS = frozenset(
    {"Capabilities", "Privileged Containers", "Host Ports", "/proc Mount Type", "Privilege Escalation"}
)
"""Controls that are excepted for images alone: Kyverno refuses an entry of them without images."""


def control_names(told: str) -> tuple[str, ...]:
    """The names of the controls that a result lists between commas (``properties.controls``), each once; those that are
    not known have their ids.
    """
    return tuple(dict.fromkeys(each.name for each in controls(told)))
