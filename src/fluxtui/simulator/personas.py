"""Who else there is in the simulated clusters, beside their administrator: ``--as oncall``, ``--as developer``."""

from fluxtui.simulator.access import Access
from fluxtui.simulator.kyverno import kinds as kyverno

ONCALL, DEVELOPER = "oncall", "developer"
TENANT = "frontend"
"""The namespace of the developer's tenant."""
READ = ("get", "list", "watch")
DELIVERY = (
    "source.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
    "fluxcd.controlplane.io",
    *sorted(kyverno.GROUPS),
    "admissionregistration.k8s.io",
    "metrics.k8s.io",
    "apps",
)
SEEN = ("pods", "events", "namespaces", "configmaps", "serviceaccounts")
"""Of the core group: not Secrets, and not what containers write (``pods/log``)."""


def introduce(access: Access) -> None:
    """Gives the personas their rights, as roles and bindings of the cluster.

    `ONCALL` sees everything that is delivered but no logs and no Secrets; `DEVELOPER` sees one namespace, with logs.
    """
    access.grant("oncall-delivery", [f"User:{ONCALL}"], READ, ["*"], groups=DELIVERY)
    access.grant("oncall-core", [f"User:{ONCALL}"], READ, SEEN, groups=[""])
    access.grant("developer-delivery", [f"User:{DEVELOPER}"], READ, ["*"], groups=DELIVERY, namespaces=[TENANT])
    wanted = (*SEEN, "pods/log")
    access.grant("developer-core", [f"User:{DEVELOPER}"], READ, wanted, groups=[""], namespaces=[TENANT])
