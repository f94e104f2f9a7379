"""The tabs of the page of one object: one module each, and what they have in common in `tab`.

May know: widgets, insight, the fleet (to fetch what belongs to the object that is open). Must not: know each other, or
the screen that they are shown on; compute what anything means (that is insight's), or how it is fetched (kube's).
Everything that a tab starts is a worker of its own widget: it ends when the page closes.
"""
