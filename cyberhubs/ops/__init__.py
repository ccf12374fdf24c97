"""The operator's commands behind make."""
