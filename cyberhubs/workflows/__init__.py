"""What the workflows of a pull request and of a schedule tell people at GitHub: one comment, one issue.

Of the standard library alone: it runs with a token that may write, before any package is installed.
"""
