"""Pulumi's `github` resources for the teams of an organization, on GitHub's REST API.

The state has neither etags nor a team's number of members, which other resources decide: a refresh
right after an update finds no change.
"""
