"""TLS towards a destination: who has to have signed its certificate, and nothing that the environment could change.

A context is made for one request, so no session is ever resumed. `ssl.create_default_context` is not used: it
listens to SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE, by which whoever sets a variable reads along.
"""

import ssl
from pathlib import Path
from typing import Final

from gateway.broker.destination import Destination
from gateway.errors import ConfigError

KNOWN_AUTHORITIES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
"""Where Debian and Alpine, Fedora, and others have the authorities that everybody knows; the first is taken."""
_HTTP: Final = "http/1.1"


def context_for(destination: Destination) -> ssl.SSLContext:
    """Return what a connection to `destination` is encrypted and checked by.

    Raises ConfigError where the owner's authority is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which wants a certificate, and the host's name in it
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols([_HTTP])
    context.options |= ssl.OP_NO_TICKET
    if not destination.ca:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        _trust_known_authorities(context)
        return context
    # A home's own authority is often one certificate, made by hand, without the extensions that the strict want.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=destination.ca)
    except (ssl.SSLError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{destination.id}: its authority is no certificate in PEM; add the destination again"
        ) from error
    return context


def _trust_known_authorities(context: ssl.SSLContext) -> None:
    compiled_in = ssl.get_default_verify_paths()
    files = (compiled_in.openssl_cafile, *KNOWN_AUTHORITIES)
    file = next((path for path in files if Path(path).is_file()), None)
    folder = compiled_in.openssl_capath if Path(compiled_in.openssl_capath).is_dir() else None
    if file or folder:
        context.load_verify_locations(file, folder)
