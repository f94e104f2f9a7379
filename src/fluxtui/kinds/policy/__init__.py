"""The kinds of policy: reports of both families, policies of both generations, exceptions, the engine itself.

They are watched beside the kinds of delivery, into a store of their own (`table.POLICY_KINDS`): a report is no object
that somebody delivers, and takes no part in triage.
"""
