"""Kyverno, as far as a client sees it: its kinds, its scans and reports, what it denies, and how it is installed.

Policies, exceptions and reports are objects of the cluster; what a rule checks is a small function that is found by
the name of the policy and the rule (`checks`), because neither patterns nor CEL are interpreted here. Everything else
is read from the objects: what a rule matches, what it does to a violation, who is excepted and until when.

Must not: know scenarios, fleets or HTTP.
"""
