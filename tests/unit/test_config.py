"""Mistakes in the configuration are told with the line where they are."""

import pytest

from fluxtui.config import ConfigError, parse_config

MISTAKES = [
    ("theme: fluxtui-dark\nkeys: {}\nbogus: 1\n", "config.yaml:3: ", "bogus"),
    ("theme: ''\ncontexts:\n- match: a\n- match: b\n  readonly: true\n", "config.yaml:5: ", "readonly"),
    ("theme: ''\nwatch: prod\n", "config.yaml:2: ", "watch"),
    ("contexts:\n- match: a\n  read_only: 5\n", "config.yaml:3: ", "read_only"),
    ("views:\n  mine:\n    filter: ns:a\n", "config.yaml:2: ", "kinds"),
    ("views:\n  mine:\n    kinds: [pods]\n    sorted: name\n", "config.yaml:4: ", "sorted"),
    ("views:\n  mine:\n    kinds: []\n", "config.yaml:2: ", "one kind at least"),
    ("views:\n  mine:\n    kinds: [pods]\n    filter: '\"open'\n", "config.yaml:2: ", "quote is not closed"),
    ("- a list\n", "config.yaml:1: ", "object"),
]


@pytest.mark.parametrize(("text", "place", "what"), MISTAKES)
def test_a_mistake_is_told_with_its_line(text, place, what):
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode(), "config.yaml")
    assert str(caught.value).startswith(place)
    assert what in str(caught.value)
