"""What reports, policies and exceptions mean together with what Flux delivers: pure functions over two stores.

`model` is the vocabulary that the other modules share. The store of delivery (`fluxtui.kinds.table`) tells who applies
what; the store of policy (`fluxtui.kinds.policy.table`) holds reports and rules.
"""
