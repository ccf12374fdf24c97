"""A GitHub of our own; server.py serves it."""
