"""Cyberhubs: JupyterHubs from one stack file. This package knows nothing of Pulumi."""
