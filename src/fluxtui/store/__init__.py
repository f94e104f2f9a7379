"""What we know of every cluster, in memory: tables, indexes and the feed of changes.

Lives here: records by (cluster, kind), the state of that data, reverse indexes, batches of changes.
Must not: know the network, the terminal, or what a failure means (the `assess` function is handed in).
"""
