"""The program in a pseudo-terminal of 200×50, measured from outside: what came on the screen, and when.

While time is taken, what the program writes is only stripped of its control sequences and searched: emulating a screen
costs more than drawing it, and would be measured along. `screen` emulates afterwards (pyte), to show what went wrong.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

ROWS, COLUMNS = 50, 200
KEYS = {"down": b"\x1b[B", "up": b"\x1b[A", "pagedown": b"\x1b[6~", "pageup": b"\x1b[5~"}
CONTROLS = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-Z\\-~])"
    r"|[\x00-\x09\x0b-\x1f]"
)
ANSWERS = ((b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;c"), (b"\x1b[?2026$p", b"\x1b[?2026;2$y"))
"""What a terminal is asked at the start, and what a modern one answers: cursor, kind, synchronised output."""
FRAME_END = "\x1b[?2026l"
FLUXTUI = (sys.executable, "-m", "fluxtui")
TICKS = os.sysconf("SC_CLK_TCK")


class NotShown(Exception):  # noqa: N818 - named for what happened
    """What was waited for did not come; the message has the screen."""


class Terminal:
    """A running program. Use as a context manager: it is killed at the end."""

    def __init__(self, command: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fluxtui-bench-")
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._log: list[bytes] = []
        self._held = ""
        self._recent = ""
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=self._environment(), start_new_session=True
        )
        os.close(slave)

    def _environment(self) -> dict[str, str]:
        """Nobody's configuration, a modern terminal, and compiled modules as an installation has them."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("TEXTUAL", "FLUXTUI", "NO_COLOR"))
        }
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        places = {f"XDG_{name}_HOME": self._folder.name for name in ("CONFIG", "STATE", "CACHE", "DATA")}
        return kept | places | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._master)
        self._folder.cleanup()

    # What it writes

    def read(self, timeout: float) -> str | None:
        """The text of the next output within the timeout, ``FRAME_END`` left in; None when nothing came."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return None
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            raise NotShown("the program ended:\n" + self.screen()) from None
        self._log.append(data)
        for question, answer in ANSWERS:
            if question in data:
                os.write(self._master, answer)
        return self._stripped(self._held + self._decode.decode(data))

    def _stripped(self, text: str) -> str:
        """Without control sequences; one that is not whole yet is held back for the next piece."""
        last = text.rfind("\x1b")
        whole = last < 0 or CONTROLS.match(text, last)
        self._held = "" if whole else text[last:]
        kept = text if whole else text[:last]
        return FRAME_END.join(CONTROLS.sub("", part) for part in kept.split(FRAME_END))

    def wait(self, *patterns: str, seconds: float = 60.0) -> list[float]:
        """Seconds from the start until the end of the frame that first showed each pattern. Raises `NotShown`."""
        missing = {index: re.compile(pattern) for index, pattern in enumerate(patterns)}
        found: dict[int, float] = {}
        due: list[int] = []
        now = 0.0
        deadline = time.perf_counter() + seconds
        while len(found) < len(patterns):
            if time.perf_counter() > deadline:
                shown = [patterns[index] for index in missing]
                raise NotShown(f"{shown} did not come within {seconds:g} s:\n{self.screen()}")
            text = self.read(0.05)
            if text is None:
                found |= dict.fromkeys(due, now)  # before it knows our terminal it does not tell where frames end
                due = []
                continue
            now = time.perf_counter() - self.began
            for frame in _frames(self._recent + text):
                due += [index for index, pattern in missing.items() if pattern.search(frame.text)]
                for index in due:
                    missing.pop(index, None)
                if frame.ended:
                    found |= dict.fromkeys(due, now)
                    due = []
                self._recent = "" if frame.ended else frame.text
        return [found[index] for index in range(len(patterns))]

    def settle(self, seconds: float) -> None:
        """Read on for a while."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(min(0.05, left))
        self._recent = ""

    def press(self, key: str, shown: Callable[[str], bool], seconds: float = 5.0) -> float:
        """Milliseconds from a key until the end of the frame whose text is ``shown``. Raises `NotShown`."""
        now = pressed = time.perf_counter()
        os.write(self._master, KEYS.get(key, key.encode()))
        recent, seen = "", False
        while time.perf_counter() - pressed < seconds:
            text = self.read(0.01)
            if text is None:
                if seen:
                    break
                continue
            now = time.perf_counter()
            for frame in _frames(recent + text):
                recent = frame.text
                seen = seen or shown(frame.text)
                if seen and frame.ended:
                    return (now - pressed) * 1000
                if frame.ended:
                    recent = ""
        if seen:
            return (now - pressed) * 1000
        raise NotShown(f"{key!r} changed nothing within {seconds:g} s:\n{self.screen()}")

    def screen(self) -> str:
        """What stands on the screen now, drawn by a terminal emulator."""
        import pyte

        emulated = pyte.Screen(COLUMNS, ROWS)
        stream = pyte.ByteStream(emulated)
        for data in self._log:
            stream.feed(data)
        return "\n".join(line.rstrip() for line in emulated.display)

    # What it takes

    def cpu(self) -> float:
        """CPU seconds so far, of all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def worked(self) -> float:
        """CPU milliseconds of its main thread so far, which hardly depend on how busy the machine is."""
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[0]) / 1e6

    def waited(self) -> float:
        """Milliseconds for which its main thread was ready to run and got no core: what a busy machine adds."""
        return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[1]) / 1e6

    def idle(self, seconds: float) -> float:
        """The share of a core that it takes while nobody touches it, in percent."""
        before, started = self.cpu(), time.perf_counter()
        self.settle(seconds)
        return (self.cpu() - before) / (time.perf_counter() - started) * 100

    def memory(self, *, peak: bool = False) -> float:
        """Resident megabytes (2^20 bytes), now or at most so far."""
        wanted = "VmHWM" if peak else "VmRSS"
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(wanted):
                return int(line.split()[1]) / 1024
        raise NotShown("the program ended")


class _Frame:
    def __init__(self, text: str, ended: bool) -> None:
        self.text = text
        self.ended = ended


def _frames(text: str) -> list[_Frame]:
    *whole, rest = text.split(FRAME_END)
    return [_Frame(part, True) for part in whole] + ([_Frame(rest, False)] if rest else [])


class CursorMoved:
    """Whether the cursor stands on another object than before: changes of the list by itself do not count.

    On Resources the object is the ``words`` after the status (namespace and name, with the cluster before where there
    are several), on Triage it is ``Kind namespace/name``.
    """

    def __init__(self, words: int = 2) -> None:
        listed = r"\s+".join([r"\S+"] * words)
        self._bar = re.compile(rf"▌.(?:\S \w+\s+({listed})|[^▌\n]{{0,40}}? (\w+ \S+/\S+))")
        self._under = ("", "")

    def __call__(self, text: str) -> bool:
        found = self._bar.findall(text)
        if not found or found[-1] == self._under:
            return False
        self._under = found[-1]
        return True
