"""Whether a server answers."""

import aiohttp
from jupyterhub.httpclient import fetch

# A container that is gone does not refuse a connection, it lets it wait.
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=1)


async def answers(url: str) -> bool:
    try:
        response = await fetch(url, raise_for_status=False, allow_redirects=False, timeout=TIMEOUT)
    except (aiohttp.ClientError, OSError):
        return False
    return response.status < 500
