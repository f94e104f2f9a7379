"""Benchmarks: how fast, how small, how calm, as figures that one command measures anew (``make bench``).

One module per subject (`__main__.SUBJECTS`), each with ``measure(plan)`` that yields `figures.Figure`; the others carry
them: `terminal` is the program in a pseudo-terminal, as a person sees it. Nothing here is a test: machines differ and
are busy, so wall-clock is told, never asserted. Results are in docs/benchmarks.md.
"""
