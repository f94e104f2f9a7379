"""What people write down about the fleet: problems that they acknowledged, what they have seen, and the handover.

Everything here is kept in files of the state folder, none of it is sent to a cluster. May know what commands actions
stand for and how Markdown is written; not screens, and no network.
"""
