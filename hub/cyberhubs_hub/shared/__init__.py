"""What the hub and the program share: `config`, the hub's configuration and the paths in its container;
`access_rules`, who may log in. The program imports nothing else of this package, and this imports the
standard library only, so that neither needs what the other is made of."""
