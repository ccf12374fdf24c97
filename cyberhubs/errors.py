"""What ends a command for a reason that its user can do something about."""


class UserError(Exception):
    """What is wrong and what to do next, in a sentence or two."""
