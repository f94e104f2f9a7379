"""Rights are asked for beforehand, with as few questions as can be."""

from fluxtui.actions.rights import KEPT, Need, Rights
from fluxtui.kube.answers import Unreachable
from fluxtui.kube.transport import Access, Resource

KS = Resource("kustomize.toolkit.fluxcd.io", "v1", "kustomizations")


class Server:
    """Allows what is in the set: (namespace, name), empty ones meaning all."""

    def __init__(self, *allowed: tuple[str, str]) -> None:
        self.allowed = set(allowed)
        self.asked: list[tuple[str, str]] = []
        self.trouble: Exception | None = None

    async def may(self, verb, resource, *, namespace="", name="", subresource=""):
        self.asked.append((namespace, name))
        if self.trouble:
            raise self.trouble
        wider = {(namespace, name), (namespace, ""), ("", "")}
        return Access(bool(wider & self.allowed))


def needs(namespace: str, *names: str, cluster: str = "c") -> list[Need]:
    return [Need(cluster, "patch", KS, namespace, name) for name in names]


class Clock:
    now = 1000.0


def rights(**servers: Server) -> Rights:
    return Rights(servers.get, lambda: Clock.now)


async def test_one_object_is_asked_for_by_its_name_and_the_missing_verb_is_named() -> None:
    server = Server(("apps", "a"))
    asked = rights(c=server)
    (b,) = needs("apps", "b")
    assert await asked.missing([*needs("apps", "a"), b]) == {
        b: "needs patch kustomizations.kustomize.toolkit.fluxcd.io in apps"
    }
    assert server.asked == [("apps", "a"), ("apps", "b")]


async def test_many_objects_of_a_namespace_need_one_question() -> None:
    server = Server(("apps", ""))
    assert await rights(c=server).missing(needs("apps", *(str(number) for number in range(500)))) == {}
    assert server.asked == [("apps", "")]


async def test_many_namespaces_need_one_question() -> None:
    server = Server(("", ""))
    every = [need for number in range(200) for need in needs(f"ns{number}", "a", "b")]
    assert await rights(c=server).missing(every) == {}
    assert server.asked == [("", "")]


async def test_who_may_only_some_is_asked_about_each() -> None:
    server = Server(("apps", "1"), ("apps", "4"))
    lacking = await rights(c=server).missing(needs("apps", "1", "2", "3", "4", "5"))
    assert [need.name for need in lacking] == ["2", "3", "5"]


async def test_answers_are_remembered_for_a_while() -> None:
    server, Clock.now = Server(), 1000.0
    asked = rights(c=server)
    await asked.missing(needs("apps", "a"))
    await asked.missing(needs("apps", "a"))
    assert len(server.asked) == 1
    Clock.now += KEPT + 1
    await asked.missing(needs("apps", "a"))
    assert len(server.asked) == 2


async def test_what_nobody_can_be_asked_about_is_not_called_missing() -> None:
    server = Server()
    server.trouble = Unreachable("https://c", "connection refused")
    asked = rights(c=server)
    assert await asked.missing([*needs("apps", "a"), *needs("apps", "a", cluster="elsewhere")]) == {}
    server.trouble = None
    assert len(await asked.missing(needs("apps", "a"))) == 1
