"""The plugin `command`: commands on this machine and, by SSH, on others.

Stands in for pulumi-command 1.2.1. Refused by name: `assetPaths` and `archivePaths` of local
commands, sources that are URLs, `command:remote:CopyFile` (obsolete) and the function
`command:local:run`.
"""
