"""The plugin `command`: commands on this machine.

Stands in for pulumi-command 1.2.1. Refused by name: `assetPaths` and `archivePaths`, and commands on
and copies to other machines, which the program reaches by itself. It goes further than the official
one where that loses nothing: secrets are blotted out of logs and errors, errors carry the end of
long output only, and a stopped update ends also what a command has started.
"""
