"""What an operator can mend."""


class Problem(Exception):
    """A sentence that says what is wrong and what to do next."""
