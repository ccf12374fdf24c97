"""The `docker` plugin: the resources of pulumi-docker 5.2.0 that the program uses."""
