"""The resources of a stack."""
