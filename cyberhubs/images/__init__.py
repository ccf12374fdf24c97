"""How images get onto an engine: built, pulled, or found there; and to registries and back."""
