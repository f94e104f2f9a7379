"""The way to the API servers: contexts, credentials, transport, discovery, reflectors, the fleet.

Lives here: everything that speaks to a cluster and writes what it hears into the store. Must not: draw,
decide what a failure means, or write to a cluster outside of `writer`. May know `store` and `kinds`.
kubernetes_asyncio, aiohttp and yaml are imported when they are first used, never with this package.
"""
