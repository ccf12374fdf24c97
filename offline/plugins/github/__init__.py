"""Pulumi's `github` resources for the teams of an organization, on GitHub's REST API.

A state has beside its inputs what the official plugin would miss in it, but neither etags nor a
team's number of members, which other resources decide: a refresh right after an update finds no
change.
"""
