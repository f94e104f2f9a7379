"""What a user may do to a cluster: verbs, plans, carrying them out, and the journal of it all.

Lives here: which verb suits which kind, the very patches, the waiting for the controller's answer, rights, the
commands to hand over. Must not: draw, or write other than by a `kube.writer.Writer` that it is given. May know: `kube`
and what is below. What is pure (`verbs`, `patches`, `plan`, `answer`, `command`) has no clock: time and token are
arguments.
"""
