"""An OpenStack cloud, asked as its own tools do: clouds.yaml with OS_CLOUD, or the OS_* variables."""

from cyberhubs.cloud.cloud import Cloud, CloudError, Server

__all__ = ["Cloud", "CloudError", "Server"]
