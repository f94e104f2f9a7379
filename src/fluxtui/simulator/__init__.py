"""Clusters that behave like real ones: what the demo shows and what the tests run on.

Lives here: an API server (`server`, over real HTTP) on an in-memory storage (`objects`), the faults that it can be
told to have (`faults`), and the controllers, fleets and scenarios that make it live. What a test relies on is held
against a real kube-apiserver by the same suite (tests/cluster).
Must not: be imported by anything but `cli.demo` and tests, nor know any of fluxtui's own modules: the program meets
the simulator as it meets any cluster, with a kubeconfig and nothing else.
"""
