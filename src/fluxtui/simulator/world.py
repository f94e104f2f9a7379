"""What lies outside the clusters: registries, the artifacts and charts in them, Git, and who signed what.

One world is shared by all clusters of a fleet, so a registry that goes away goes away for everyone. Versions are
compared by the subset of semantic versioning that the fleets use: an exact version, ``*``, ``N.x``, ``>=a.b.c``.
"""

import hashlib
from typing import Any

import msgspec


class PullError(Exception):
    """A pull that fails: ``reason`` is the condition reason of source-controller, the text its message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Artifact(msgspec.Struct, kw_only=True, frozen=True):
    """One pushed artifact: Flux manifests, a Helm chart or a Git commit."""

    digest: str
    """``sha256:…`` of the manifest, or ``sha1:…`` of a commit."""
    origin: str = ""
    """The Git commit that it was made from: ``main@sha1:…``."""
    source: str = ""
    """The repository that it was made from."""
    created: float = 0.0
    size: int = 0
    """Bytes of the tarball that source-controller keeps."""
    contents: dict[str, list[dict[str, Any]]] = {}
    """Manifests by path, without a leading ``./``."""
    chart: str = ""
    version: str = ""
    app_version: str = ""
    workloads: tuple[dict[str, Any], ...] = ()
    """What the chart makes: manifests without a namespace."""
    unsigned: str = ""
    """Why its signature is refused; empty when it is good."""


def digest(text: str) -> str:
    """The sha256 that a simulated artifact made from ``text`` has: the same text, the same digest."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def commit(text: str) -> str:
    """A forty-digit Git commit id, the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def host_of(url: str) -> str:
    """The host of ``oci://host/path`` or ``https://host/path``."""
    return url.partition("://")[2].partition("/")[0]


class World:
    """Repositories by URL, each a set of tags (or branches), and the hosts that do not answer."""

    def __init__(self) -> None:
        self._repositories: dict[str, dict[str, Artifact]] = {}
        self.down: dict[str, str] = {}
        """Hosts that do not answer, and how they fail: ``refused``, ``timeout`` or ``dns``."""
        self.services: dict[str, list[dict[str, str]]] = {}
        """What external services answer to input providers, by URL."""
        self.unreleased: set[str] = set()
        """Flux releases that are not out yet: ``v2.10.1``."""

    def push(self, url: str, tag: str, artifact: Artifact) -> None:
        """Makes ``tag`` of ``url`` point to an artifact."""
        self._repositories.setdefault(url, {})[tag] = artifact

    def tags(self, url: str) -> list[str]:
        """The tags of a repository, lowest version first. Raises PullError when its host is away."""
        self._reach(url, "failed to list OCI tags for '{}'".format(url.partition("://")[2]))
        return sorted(self._repositories.get(url, {}), key=_version)

    def peek(self, url: str, tag: str) -> Artifact | None:
        """What a tag points to, for scenarios and fleets: no network is in between."""
        return self._repositories.get(url, {}).get(tag)

    def service(self, url: str) -> list[dict[str, str]]:
        """The inputs that an external service offers. Raises PullError when its host is away."""
        self._reach(url, f"failed to call '{url}'")
        return self.services.get(url, [])

    def urls(self) -> list[str]:
        """Every repository that was ever pushed to."""
        return list(self._repositories)

    def resolve(self, url: str, ref: dict[str, str]) -> tuple[str, Artifact]:
        """The (tag, artifact) that an OCIRepository's ``ref`` selects; a tag of ``latest`` when it selects none.

        Raises PullError in source-controller's words when the host is away or nothing matches.
        """
        place = url.partition("://")[2]
        self._reach(url, "failed to determine artifact digest")
        tags = self._repositories.get(url, {})
        if "semver" in ref:
            found = [tag for tag in sorted(tags, key=_version) if matches(tag, ref["semver"])]
            if not found:
                said = f"failed to determine the artifact tag for '{url}': no match found for semver: {ref['semver']}"
                raise PullError("ReadOperationFailed", said)
            return found[-1], tags[found[-1]]
        tag = ref.get("tag", "latest")
        if tag not in tags:
            host, _, path = place.partition("/")
            said = f"GET https://{host}/v2/{path}/manifests/{tag}: MANIFEST_UNKNOWN: manifest unknown; map[Tag:{tag}]"
            raise PullError("OCIArtifactPullFailed", f"failed to determine artifact digest: {said}")
        return tag, tags[tag]

    def checkout(self, url: str, branch: str) -> Artifact:
        """The head of a Git branch. Raises PullError when the host is away or the branch does not exist."""
        try:
            self._reach(url, "")
        except PullError as away:
            where = f'Get "{url}/info/refs?service=git-upload-pack"'
            detail = str(away).rpartition('": ')[2]
            said = f"failed to checkout and determine revision: unable to clone '{url}': {where}: {detail}"
            raise PullError("GitOperationFailed", said) from None
        head = self.peek(url, branch)
        if head is None:
            said = f"failed to checkout and determine revision: unable to clone '{url}': couldn't find remote ref"
            raise PullError("GitOperationFailed", f'{said} "refs/heads/{branch}"')
        return head

    def _reach(self, url: str, doing: str) -> None:
        host = host_of(url)
        if host not in self.down:
            return
        address = f"{192}.0.2.{sum(host.encode()) % 200 + 10}:443"
        detail = {
            "refused": f"dial tcp {address}: connect: connection refused",
            "timeout": f"dial tcp {address}: i/o timeout",
            "dns": f"dial tcp: lookup {host} on 10.96.0.10:53: no such host",
        }[self.down[host]]
        raise PullError("OCIArtifactPullFailed", f'{doing}: Get "https://{host}/v2/": {detail}')


def matches(tag: str, wanted: str) -> bool:
    """Whether a tag satisfies a version range; tags that are no versions satisfy none."""
    version = _version(tag)
    if version[0] < 0:
        return False
    if wanted in {"*", "x"}:
        return True
    if wanted.startswith(">="):
        return version >= _version(wanted[2:])
    parts = wanted.lstrip("v").split(".")
    return all(part in {"x", "*"} or int(part) == version[i] for i, part in enumerate(parts))


def _version(tag: str) -> tuple[int, ...]:
    numbers = tag.lstrip("v").partition("+")[0].split(".")
    if not all(number.isdigit() for number in numbers):
        return (-1,)
    return tuple(int(number) for number in numbers)
