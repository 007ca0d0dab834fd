"""`local-voice peers`: who is paired, and who is to be no more.

Asks the running gateway, so that a revoked peer is cut off at once; where none runs, looks into its folder itself.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.broker.owner_link import NoGatewayError, answer_of, owner_link
from gateway.broker.records import OWNER, Records
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError
from gateway.paths import owned_gateway_dir
from gateway.wire.broker_words import ListPeers, Peers, PeerWords, RevokePeer
from gateway.wire.messages import Message

OK = 0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `peers` to the program's."""
    parser = subparsers.add_parser("peers")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="who is paired, since when, and where")
    revoking = actions.add_parser("revoke", help="cut one off, at once and for good")
    revoking.add_argument("peer", metavar="ID-OR-NAME", help="as `local-voice peers list` shows it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ConfigError, LinkError."""
    console = Console()
    if args.action == "list":
        _show(paired(), console)
        return OK
    peer = _named(args.peer, paired())
    _revoke(peer.id)
    console.print(f"Revoked: {escape(peer.name)} ({peer.role}, {peer.id}).", soft_wrap=True, highlight=False)
    return OK


def paired() -> Sequence[PeerWords]:
    """Return everybody who is paired. Raises ConfigError, LinkError."""
    try:
        return asyncio.run(_ask(ListPeers()))
    except NoGatewayError:
        with closing(PeerStore(owned_gateway_dir())) as store:
            return store.peers()


def _revoke(peer_id: str) -> None:
    try:
        asyncio.run(_ask(RevokePeer(peer_id=peer_id)))
    except NoGatewayError:
        with closing(Records(owned_gateway_dir())) as records:
            records.revoke(peer_id, by=OWNER)


async def _ask(message: Message) -> Sequence[PeerWords]:
    async with owner_link(owned_gateway_dir()) as gateway:
        return answer_of(Peers, await gateway.ask(message)).peers


def _named(wanted: str, peers: Sequence[PeerWords]) -> PeerWords:
    """Return the peer with this id, or else this name. Raises ConfigError."""
    for peer in peers:
        if peer.id == wanted:
            return peer
    for peer in peers:
        if peer.name.casefold() == wanted.casefold():
            return peer
    known = f"paired are: {', '.join(peer.name for peer in peers)}" if peers else "nobody is paired"
    raise ConfigError(f"peers: there is no {wanted!r}; {known}")


def _show(peers: Sequence[PeerWords], console: Console) -> None:
    if not peers:
        console.print("Nobody is paired; `local-voice pair` lets Home Assistant or a satellite in.", soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("id", "name", "role", "area", "paired"):
        table.add_column(heading, no_wrap=heading != "name", overflow="fold")
    for peer in peers:
        cells = (peer.id, peer.name, peer.role, peer.area, peer.paired_at.removesuffix("+00:00").replace("T", " "))
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
