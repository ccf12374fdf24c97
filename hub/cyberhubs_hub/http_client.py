"""How the hub asks GitHub who somebody is: by the proxy that its environment names, if it names one."""

from io import BytesIO

import aiohttp
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders

TIMEOUT = aiohttp.ClientTimeout(total=20)


class EnvironmentClient:
    """For `OAuthenticator.http_client`, in place of tornado's, which knows proxies with another library only."""

    async def fetch(self, request: HTTPRequest, raise_error: bool = True) -> HTTPResponse:
        """Raises HTTPClientError, with 599 where nothing answers."""
        try:
            async with (
                aiohttp.ClientSession(trust_env=True, timeout=TIMEOUT) as http,
                http.request(
                    request.method, request.url, headers=dict(request.headers), data=request.body
                ) as answer,
            ):
                body, headers = await answer.read(), HTTPHeaders(answer.headers)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HTTPClientError(599, repr(error)) from error
        response = HTTPResponse(request, answer.status, headers, BytesIO(body))
        if raise_error:
            response.rethrow()
        return response
