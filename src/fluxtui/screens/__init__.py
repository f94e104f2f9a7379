"""The screens: one module each. What the fleet's data means is decided in `insight`; here it is laid out.

May know: widgets, the fleet (to connect, to fetch the object that is open), insight, store and kinds. Must not: list
anything from a server, change the store, or compute an insight.
"""
