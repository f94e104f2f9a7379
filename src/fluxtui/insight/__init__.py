"""What the fleet's data means: pure functions from the store to statements that a screen or a command shows.

Lives here: status, dependency graph, root causes, silent problems, triage, the filter language. Must not: do any
I/O, read a clock (`now` is an argument), keep state of its own, or know screens. May know: `store` and `kinds`.
"""
