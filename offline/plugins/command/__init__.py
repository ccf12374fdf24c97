"""The plugin `command`: commands on this machine and, by SSH, on others.

Stands in for pulumi-command 1.2.1. Refused by name: `assetPaths` and `archivePaths` of local
commands, sources that are URLs, `command:remote:CopyFile` (obsolete) and the function
`command:local:run`. It goes further than the official one where that loses nothing: secrets are
blotted out of logs and errors, errors carry the end of long output only, a stopped update ends
also what a command has started, and on other machines what it may signal (OpenSSH passes no
signals on to what root runs).
"""
