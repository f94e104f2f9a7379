"""Controllers that behave like source-, kustomize-, helm- and image-controller, the Flux Operator and Kyverno.

Lives here: one module per controller, each a set of generators that write what the real one writes, in its order and
words, and yield the seconds that the real one takes; `engine` steps them on a clock that it is given, so that a test
plays an hour in milliseconds. Must not: do I/O, read the wall clock, or know HTTP, fleets or scenarios.
"""
