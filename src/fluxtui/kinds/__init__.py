"""One table of kinds: how each API kind is listed, decoded into a flat record, shown and abbreviated.

Lives here: records, decoders, columns, the status vocabulary. Must not: know any network, store or terminal.
A new kind is one entry in one of these modules.
"""
