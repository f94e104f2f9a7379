"""A real terminal for the real program: tmux, on a socket of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
import uuid

import pytest

PATIENCE = 30.0
"""Seconds that anything may take on a loaded machine before it counts as never."""


class Terminal:
    """One tmux session with a shell in it, of a size in cells."""

    def __init__(self, width, height, **environ):
        self.socket = f"fluxtui-{uuid.uuid4().hex[:8]}"
        kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", "PS1": "shell> "}
        names = [f"{key}={value}" for key, value in (kept | environ).items()]
        shell = ["env", "-i", "TERM=tmux-256color", *names, "sh", "-i"]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", str(width), "-y", str(height), *shell)
        self.until(lambda: "shell>" in self.screen())

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-L", self.socket, *words], capture_output=True, text=True, check=False)
        return done.stdout

    def run(self, *words):
        self.type(" ".join(words))
        self.press("Enter")

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)

    def press(self, *keys):
        self.tmux("send-keys", "-t", "t", *keys)

    def resize(self, width, height):
        self.tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def screen(self):
        return self.tmux("capture-pane", "-t", "t", "-p")

    def lines(self):
        return self.screen().rstrip("\n").split("\n")

    def told(self, what):
        return self.tmux("display-message", "-p", "-t", "t", f"#{{{what}}}").strip()

    def until(self, condition, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, f"never came:\n{self.screen()}"
            time.sleep(0.05)

    def shows(self, *texts):
        self.until(lambda: all(text in self.screen() for text in texts))

    def back_in_the_shell(self):
        """The prompt is there, on the normal screen, with a cursor, and what is typed is echoed."""
        self.until(lambda: self.told("alternate_on") == "0")
        self.until(lambda: self.told("cursor_flag") == "1")
        word = f"echoed-{uuid.uuid4().hex[:6]}"
        self.run("echo", word)
        self.until(lambda: self.screen().count(word) == 2)

    def status(self):
        """The exit status of the last command."""
        self.run("echo status=$?=")
        self.until(lambda: re.search(r"status=\d+=", self.screen()))
        return re.search(r"status=(\d+)=", self.screen())[1]

    def end(self):
        self.tmux("kill-server")


@pytest.fixture
def terminal(tmp_path):
    """Opens terminals; what programs put aside lies in the test's own folder, by which its processes are known."""
    if shutil.which("tmux") is None:
        if os.environ.get("FLUXTUI_REQUIRE_REAL") == "1":
            pytest.fail("tmux is not installed")
        pytest.skip("tmux is not installed")
    opened = []

    def open_terminal(width=80, height=24, **environ):
        opened.append(Terminal(width, height, **({"TMPDIR": str(tmp_path)} | environ)))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.end()


@pytest.fixture
def demo():
    """The command that starts the demo."""
    return f"{sys.executable} -m fluxtui demo"
