"""The TLS context of one API server, built off the loop: loading the system's authorities takes 20 ms.

Client certificates reach OpenSSL through files only: they are written with mode 0600 into a private folder,
loaded, and gone before the first request.
"""

import ssl
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from fluxtui.kube.answers import Unreachable
from fluxtui.kube.auth import Certificate
from fluxtui.kube.contexts import Endpoint, decode_data


def tls_context(endpoint: Endpoint, certificate: Certificate | None) -> ssl.SSLContext | None:
    """The context for a server, None for plain http. Blocking: call it in a thread.

    Raises `Unreachable` when the authority, the certificate or the key cannot be used.
    """
    if not endpoint.server.startswith("https:"):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        _trust(context, endpoint)
        if certificate is not None:
            _present(context, certificate)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise Unreachable(endpoint.server, f"the context's certificates cannot be used: {reason}") from None
    return context


def _trust(context: ssl.SSLContext, endpoint: Endpoint) -> None:
    if endpoint.insecure_skip_tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif endpoint.certificate_authority_data:
        context.load_verify_locations(cadata=decode_data(endpoint.certificate_authority_data).decode("ascii"))
    elif endpoint.certificate_authority:
        context.load_verify_locations(cafile=endpoint.certificate_authority)
    else:
        context.load_default_certs()
    # Python 3.13 asks for extensions that the private authorities of some providers lack; Go, and so kubectl,
    # does not. `SSLContext` itself is not strict; `create_default_context` would be.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT


def _present(context: ssl.SSLContext, certificate: Certificate) -> None:
    with tempfile.TemporaryDirectory(prefix="fluxtui-") as folder:  # mode 0700
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        for path, data in ((chain, certificate.chain), (key, certificate.key)):
            path.touch(mode=0o600)
            path.write_bytes(data)
        # without a password OpenSSL would ask for one on the terminal
        context.load_cert_chain(chain, key, password=lambda: "")


def proxy_for(endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """The proxy to go through: ``proxy-url``, else HTTPS_PROXY or HTTP_PROXY unless NO_PROXY names the host."""
    if endpoint.proxy_url:
        return endpoint.proxy_url
    lowered = {key.lower(): value for key, value in environ.items() if value}
    url = urlsplit(endpoint.server)
    proxy = lowered.get(f"{url.scheme}_proxy", "")
    if not proxy or _exempt(url.hostname or "", lowered.get("no_proxy", "")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _exempt(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host: ``*``, a name, a domain with all below it, an address or a network."""
    if host == "localhost" or host.startswith("127."):  # as Go has it
        return True
    return any(_names(entry.strip().lower(), host.lower()) for entry in no_proxy.split(",") if entry.strip())


def _names(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        domain = entry.partition(":")[0].removeprefix("*").removeprefix(".")
        return host == domain or host.endswith(f".{domain}")
