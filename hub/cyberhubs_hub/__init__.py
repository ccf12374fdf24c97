"""What runs inside a hub's container, and the access rules shared with the rest."""
