"""Pulumi resource plugins in Python, for machines that cannot download the official ones."""
