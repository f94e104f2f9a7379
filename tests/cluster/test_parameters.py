"""The objects of parameters that admission policies name, read over HTTP: as they are, missing, forbidden, too many."""

from fluxtui.insight.policy.guardrails import Parameter, Place
from fluxtui.kube.parameters import MOST, read

from .conftest import Server
from .test_managed import config_map, watching


async def test_each_object_is_read_by_itself_and_what_is_refused_is_told(server: Server) -> None:
    namespace, other = await server.namespace(), await server.namespace()
    await server.create(config_map(namespace, "list") | {"data": {"sources": "https://a/  oci://b/\n"}})
    await server.create(config_map(other, "hidden"))
    await server.grant(["get"], ["configmaps"], namespace=namespace)
    watcher = watching(server, server.viewer_token)
    found: dict[Place, Parameter] = {}
    places = [("x", namespace, "list"), ("x", namespace, "gone"), ("x", other, "hidden"), ("left", namespace, "list")]
    await read({"x": watcher.cluster}, places, found.__setitem__)
    assert found["x", namespace, "list"].data == {"sources": "https://a/  oci://b/\n"}
    assert found["x", namespace, "gone"].trouble == "missing"
    assert found["x", other, "hidden"].trouble == "forbidden"
    assert "configmaps" in found["x", other, "hidden"].detail
    assert len(found) == 3
    assert {call.verb for call in watcher.calls} == {"get"}
    await watcher.cluster.reader.close()


async def test_no_cluster_is_asked_for_more_than_a_few(server: Server) -> None:
    watcher = watching(server, server.admin_token)
    found: dict[Place, Parameter] = {}
    places = [("x", "default", f"list-{number}") for number in range(MOST + 2)]
    await read({"x": watcher.cluster}, places, found.__setitem__)
    troubles = [found[place].trouble for place in places]
    assert troubles == ["missing"] * MOST + ["failed"] * 2
    assert len(watcher.calls) == MOST
    await watcher.cluster.reader.close()
