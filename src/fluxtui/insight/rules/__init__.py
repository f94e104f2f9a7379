"""The forms of words by which failures are recognised, by who says them. `failure_rules` puts them in their order.

Lives here: data. A module for each side that speaks, with the patterns that only it needs; `rule` has what all share.
Patterns have no unbounded repetition: each is linear in the text. `failures.compiled` compiles them.
"""
