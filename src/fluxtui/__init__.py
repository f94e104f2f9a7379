"""fluxtui: triage and run fleets of Kubernetes clusters delivered by Flux, from a terminal.

The folder is the layer (docs/architecture.md); this module knows the version and imports nothing.
"""

__version__ = "0.1.0"
