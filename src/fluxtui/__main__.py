"""``python -m fluxtui`` is the same program as the ``fluxtui`` command."""

from fluxtui.cli import main

if __name__ == "__main__":
    main()
