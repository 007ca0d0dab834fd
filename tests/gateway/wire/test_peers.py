import re

from gateway.wire.peers import Peer, PeerTable, Role, new_peer_id, new_token


def peer(peer_id: str, secret_hash: str, role: Role = Role.SATELLITE) -> Peer:
    return Peer(id=peer_id, name="Shelf", role=role, secret_hash=secret_hash)


def test_a_token_finds_its_peer_and_only_its_hash_is_kept() -> None:
    peer_id = new_peer_id()
    token, secret_hash = new_token(peer_id)
    assert re.fullmatch(r"[0-9a-f]{16}\.[\w-]{43}", token)
    assert token.partition(".")[2] not in secret_hash
    known = peer(peer_id, secret_hash)
    assert PeerTable([known]).find(token) is known


def test_any_other_token_finds_nobody() -> None:
    (first, first_hash), (second, second_hash) = new_token("1"), new_token("2")
    table = PeerTable([peer("1", first_hash), peer("2", second_hash)])
    wrong = [
        "",
        ".",
        "1",
        "1.",
        "1." + "A" * 43,
        first + "A",
        first[:-1],
        f"2.{first[2:]}",
        "3" + first[1:],
        "1.\udcff",
    ]
    assert [token for token in wrong if table.find(token)] == []
    assert table.find(first) is not table.find(second) is not None


def test_the_id_that_nobody_has_is_compared_with_a_hash_that_nothing_has() -> None:
    assert PeerTable().find("nobody.") is None


def test_a_token_claims_a_peer_only_where_there_is_one() -> None:
    table = PeerTable([peer("1", "0" * 64)])
    assert [table.claimed(token) for token in ("1.x", "1", "2.x", "")] == ["1", "1", "", ""]


def test_replacing_tells_who_is_gone_or_has_changed() -> None:
    stays, changes, goes = (peer(peer_id, "0" * 64) for peer_id in "123")
    table = PeerTable([stays, changes, goes])
    comes = peer("4", "0" * 64, Role.HOME)
    assert table.replace([stays, peer("2", "1" * 64), comes]) == {"2", "3"}
    assert table.by_role(Role.HOME) == (comes,)
    assert [found.id for found in table.by_role(Role.SATELLITE)] == ["1", "2"]
    assert table.replace([]) == {"1", "2", "4"}
