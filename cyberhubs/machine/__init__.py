"""A machine that carries hubs."""
