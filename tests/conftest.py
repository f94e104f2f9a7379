"""What holds for every test: nothing of the machine that it runs on is seen.

Textual reads its environment when it is imported, so this happens before anything imports it.
"""

import atexit
import os
import shutil
import signal
import tempfile

STATE = tempfile.mkdtemp(prefix="fluxtui-tests-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
SEEN = {
    "TEXTUAL_ANIMATIONS": "none",
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "XDG_STATE_HOME": STATE,  # what a program keeps is its own, and gone after the tests
    "FLUXTUI_ASCII": "0",  # whatever the locale that this process was started with
}
"""The terminal that tests draw for."""
HIDDEN = ("KUBECONFIG", "NO_COLOR", "COLORFGBG", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "TERM_PROGRAM")
"""What the machine's owner may have set, and no test may depend on (proxies in any case)."""

KEPT = ("FLUXTUI_REQUIRE_REAL", "TEXTUAL_SNAPSHOT_TEMPDIR")
"""What tests themselves are told by."""

for name in set(os.environ) - set(KEPT):
    if name.upper() in HIDDEN or name.startswith(("FLUXTUI_", "TEXTUAL_")):
        del os.environ[name]
os.environ.update(SEEN)

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # a shell that runs the tests in the background lets them, and all that they start, ignore ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
