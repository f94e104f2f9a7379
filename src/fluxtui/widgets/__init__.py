"""Reusable widgets: long lists, documents, strips, command line. Ignorant of Kubernetes and of Flux.

Lives here: what can be drawn and driven by keys, over data that someone else owns. Must not: import any
other package of the program, read files, know what a cluster is. May know: textual, rich, each other.
Text from outside is never markup, and its control characters are made visible (`text.plain`).
"""
