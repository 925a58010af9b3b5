"""The SDK's HTTP client, as we want it. Imported when a cluster is first asked: the SDK takes a second to load."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject

from remediator.integrations.kubernetes.gateway.credentials import Credentials
from remediator.integrations.kubernetes.gateway.kubeconfig import Account

MOST_CONNECTIONS = 32


class Unanswered(aiohttp.ClientError):
    """Say that a request was sent, and that its connection ended before an answer, or led elsewhere."""


class _OnceOnly(RESTClientObject):
    """Opens a connection for each request: a write on one that the server has just closed would be doubtful."""

    def _create_connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(ssl=self.ssl_context, force_close=True, limit=MOST_CONNECTIONS)


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send once. By itself aiohttp repeats a PUT or DELETE whose connection ends, and follows where it is sent."""
    try:
        response = await send(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Unanswered(str(error)) from error
    if response.status in range(300, 400):
        response.close()
        raise Unanswered(f"status {response.status}")
    return response


def clients(account: Account, shown: Credentials) -> tuple[ApiClient, ApiClient]:
    """Return a client for questions, which keeps connections open, and one that sends each request once. Blocks."""
    with TemporaryDirectory(prefix="remediator-kubernetes-") as folder:
        configuration = _configuration(account)
        if shown.certificate:  # OpenSSL reads a certificate and its key from files only
            configuration.cert_file = _file(folder, "certificate", shown.certificate)
            configuration.key_file = _file(folder, "key", shown.key)
        looking = ApiClient(configuration)
        writing, once = copy(looking), copy(configuration)
        once.client_session_kwargs = {"middlewares": (_once,)}
        writing.rest_client = _OnceOnly(once)
    return looking, writing


def _configuration(account: Account) -> Configuration:
    configuration = Configuration(
        host=account.server,
        ca_cert_data=account.authorities or None,
        verify_ssl=account.is_verified,
        tls_server_name=account.server_name or None,
        proxy=account.proxy or None,
        connection_pool_maxsize=MOST_CONNECTIONS,
    )
    # Python 3.13 asks more of certificates than kubeadm's and other clusters' own authorities give
    # (kubernetes-client/python#2394); kubectl does not. Names and signatures are verified all the same.
    configuration.disable_strict_ssl_verification = True
    return configuration


def _file(folder: str, name: str, content: str) -> str:
    path = Path(folder) / name
    path.touch(mode=0o600)
    path.write_text(content)
    return str(path)
