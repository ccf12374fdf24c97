"""Figures, never in a timed test: `make bench`."""
