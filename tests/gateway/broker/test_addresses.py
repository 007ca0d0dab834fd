import pytest

from gateway.broker.addresses import wrong_for

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
HOME = ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.178.1", "169.254.1.1", "::1", "fd00::1", "fe80::1%2"]
NEITHER = [
    *("0.0.0.0", "100.64.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "224.0.0.251", "240.0.0.1", "255.255.255.255"),  # noqa: S104 - nobody listens on it
    *("::", "::8.8.8.8", "2001:db8::1", "2001:0:808:808::1", "fec0::1", "ff02::fb", "ff0e::1", "4000::1"),
    *("64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:c0a8:101::1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_cloud_may_have_an_address_of_the_internet_and_a_local_destination_may_not(address: str) -> None:
    assert wrong_for([address], is_local=False) == ""
    assert wrong_for([address], is_local=True) == "public_address"


@pytest.mark.parametrize("address", [*HOME, "::ffff:127.0.0.1", "::ffff:192.168.1.1"])
def test_a_local_destination_may_have_an_address_of_the_home_and_a_cloud_may_not(address: str) -> None:
    assert wrong_for([address], is_local=True) == ""
    assert wrong_for([address], is_local=False) == "private_address"


@pytest.mark.parametrize("address", NEITHER)
def test_nobody_may_have_an_address_that_is_neither(address: str) -> None:
    assert wrong_for([address], is_local=True) == "public_address"
    assert wrong_for([address], is_local=False) == "private_address"


def test_one_wrong_address_among_good_ones_is_enough() -> None:
    assert wrong_for([*PUBLIC, "10.0.0.1"], is_local=False) == "private_address"
    assert wrong_for([*HOME, "8.8.8.8"], is_local=True) == "public_address"
    assert wrong_for(PUBLIC, is_local=False) == wrong_for(HOME, is_local=True) == ""
