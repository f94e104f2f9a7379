"""The fleet that is simulated: what its repositories hold, its clusters, and how long they have lived.

Lives here: the layout of the D2 reference architecture with the repositories of a fictional organisation, as artifacts
in a `world`, and the clusters that deliver them. Must not: know controllers' inner workings, HTTP or scenarios.
"""
