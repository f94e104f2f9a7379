"""A terminal that vanishes without a signal, as when the program has a session of its own."""

import os
import pty
import select
import subprocess
import sys
import time

PATIENCE = 30.0


def test_it_ends_when_its_terminal_is_gone(tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("apiVersion: v1\nkind: Config\n")
    master, slave = pty.openpty()
    environ = os.environ | {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "fluxtui", "--kubeconfig", str(kubeconfig)]
    program = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True)
    os.close(slave)
    try:
        shown, deadline = b"", time.monotonic() + PATIENCE
        while b"Triage" not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([master], [], [], 0.2)[0]:
                shown += os.read(master, 65536)
        os.close(master)
        assert program.wait(PATIENCE) == 129
    finally:
        program.kill()
        program.wait()
