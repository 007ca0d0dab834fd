import socket
from contextlib import closing

import pytest

from gateway.errors import ConfigError
from gateway.wire.port import bind
from tests.gateway.wire.ports import HOST, SOON_S


def test_a_port_that_is_taken_is_named_with_the_way_out() -> None:
    with closing(bind(HOST, 0)) as taken:
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on {HOST}, port {number} .* choose another port"):
            bind(HOST, number)


def test_no_host_means_all_addresses_of_both_kinds() -> None:
    with closing(bind("", 0)) as bound:
        bound.listen()
        for host, family in ((HOST, socket.AF_INET), ("::1", socket.AF_INET6)):
            if family == socket.AF_INET6 and bound.family == socket.AF_INET:
                continue  # a machine without IPv6
            with socket.socket(family) as client:
                client.settimeout(SOON_S)
                client.connect((host, bound.getsockname()[1]))
