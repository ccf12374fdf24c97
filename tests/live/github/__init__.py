"""A GitHub of our own; tests/live/github_server.py serves it."""
