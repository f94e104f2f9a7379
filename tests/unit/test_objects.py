"""Whole objects: the values of Secrets are gone before anything can show them."""

import base64
import json

import pytest

from fluxtui.kinds.decode import Garbled
from fluxtui.kube.objects import decode

VALUE = base64.b64encode(b"hunter2").decode()


def secret(**more: object) -> dict[str, object]:
    return {"kind": "Secret", "type": "Opaque", "metadata": {"name": "s"}, "data": {"password": VALUE}, **more}


@pytest.mark.parametrize(
    "body",
    [
        secret(),
        secret(stringData={"password": "hunter2"}),
        secret(
            metadata={
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": f'{{"data":"{VALUE}hunter2"}}'}
            }
        ),
        secret(data="hunter2" + VALUE),
        secret(data={"password": ["hunter2", VALUE]}),
        {"kind": "SecretList", "items": [{"type": "Opaque", "data": {"password": VALUE}}]},
        {"kind": "List", "items": [secret()]},
    ],
)
def test_no_value_of_a_secret_survives(body: dict[str, object]) -> None:
    shown = json.dumps(decode(json.dumps(body).encode()))
    assert VALUE not in shown
    assert "hunter2" not in shown
    assert "hidden" in shown


def test_keys_and_sizes_of_a_secret_are_shown() -> None:
    assert decode(json.dumps(secret()).encode())["data"] == {"password": "hidden, 7 bytes"}


def test_other_objects_are_whole() -> None:
    body = {"kind": "ConfigMap", "data": {"a": "b"}, "metadata": {"annotations": {"x": "y"}}}
    assert decode(json.dumps(body).encode()) == body


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"<html>", b'{"kind":', b"\xff"])
def test_what_is_no_object_is_told(body: bytes) -> None:
    with pytest.raises(Garbled):
        decode(body)
