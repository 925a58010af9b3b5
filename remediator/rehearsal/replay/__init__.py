"""Replay: what a set of playbooks would have decided about the alerts of the past. No host is asked, nothing is done.

The engine's own admission, judging and recording over a ledger in memory, in virtual time. What nobody can know any
more is assumed, and said.
"""
