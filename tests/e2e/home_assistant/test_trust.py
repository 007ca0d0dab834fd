"""What Home Assistant tells of the gateway's honesty: how it is kept from connecting, and that its log is as it was."""

import asyncio
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.setting_up import BACK_S, Household, connected_again, household
from tests.e2e.program import run
from tests.e2e.serving import Serving, serving

PROTECTION: Final = "sensor.local_voice_protection"
AUDIT_LOG: Final = "sensor.local_voice_audit_log"
TOLD_S: Final = 5.0
LOOK_AGAIN_S: Final = 0.1
LOG: Final = Path("data/local-voice/gateway/audit.db")
RESTARTS: Final = 2
"""Two rows each: broker and voice."""


@pytest.fixture(scope="module")
def lasting_home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Run a Home Assistant and a gateway, paired, for all of these tests."""
    with household(tmp_path_factory.mktemp("home"), archive) as found:
        yield found


@pytest.fixture
def home(lasting_home: Household) -> Iterator[Household]:
    """Return them, the gateway started again where an earlier test has ended it."""
    with connected_again(lasting_home) as found:
        yield found


async def attributes(connection: Connection, entity_id: str) -> dict[str, Any]:
    """Return what a state says besides itself."""
    states = await connection.call("get_states")
    found: dict[str, Any] = next(one["attributes"] for one in states if one["entity_id"] == entity_id)
    return found


async def until(
    connection: Connection,
    is_so: Callable[[dict[str, Any]], bool],
    deadline_s: float,
    *,
    entity_id: str = AUDIT_LOG,
) -> dict[str, Any]:
    """Return what a sensor says besides its state, the log's if no other is named, as soon as it is so."""
    over_s = time.monotonic() + deadline_s
    while not is_so(said := await attributes(connection, entity_id)):
        assert time.monotonic() < over_s, f"after {deadline_s} s {entity_id} says {said}"
        await asyncio.sleep(LOOK_AGAIN_S)
    return said


async def issues(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return our repairs, by the key of what they say."""
    listed = await connection.call("repairs/list_issues")
    return {one["translation_key"]: one for one in listed["issues"] if one["domain"] == "local_voice"}


@contextmanager
def again(served: Serving) -> Iterator[Serving]:
    """Serve once more from the same folder, at the same port."""
    with serving(served.config.parent, port=served.port) as later:
        yield later


async def test_how_the_gateway_is_kept_from_connecting_is_shown(
    home: Household, ada: Connection, state: Callable[[str], None]
) -> None:
    protection = await until(ada, lambda said: bool(said.get("attempts")), TOLD_S, entity_id=PROTECTION)
    assert await ada.state(PROTECTION) in ("enforced", "same_user")
    assert {"seccomp", "no_new_privileges", "no_capabilities"} <= set(protection["active_layers"])
    assert protection["attempts"] > 100
    assert not protection["ways_out"]
    layers = ", ".join(protection["active_layers"])
    state(f"Home Assistant shows: {layers}; {protection['attempts']} ways out tried, 0 open")
    log = "\n".join(line for _, line in home.served.running.err)
    assert f"{protection['attempts']} ways out tried, 0 open" in log


async def test_the_log_goes_on_over_restarts_and_agrees_with_what_the_owner_sees_at_the_gateway(
    home: Household, ada: Connection
) -> None:
    first = await until(ada, lambda said: said.get("verdict") == "good", TOLD_S)
    checked = run("audit", "verify", "--head", first["head"], environ=home.served.environ)
    assert checked.code == 0, checked.out + checked.err
    home.served.running.end(signal.SIGTERM)
    with again(home.served):
        later = await until(ada, lambda said: said.get("size", 0) >= first["size"] + 2, BACK_S)
        assert later["verdict"] == "good"
        for seen in (first, later):
            assert run("audit", "verify", "--head", seen["head"], environ=home.served.environ).code == 0
        shown = run("audit", "show", environ=home.served.environ).out.casefold()
        assert "voice" in shown
        assert "test house" not in shown, "no name of anybody is in the log"
    assert not (await issues(ada)).keys() & {"audit_went_back", "audit_forked", "audit_replaced"}


async def test_a_log_that_was_put_back_is_noticed_until_the_owner_says_why(
    home: Household, ada: Connection, tmp_path: Path
) -> None:
    home.home_assistant.expected += ["audit log"]
    first = await until(ada, lambda said: said.get("verdict") == "good", TOLD_S)
    log, kept = home.served.config.parent / LOG, tmp_path / "kept.db"
    home.served.running.end(signal.SIGTERM)
    shutil.copy2(log, kept)
    for _ in range(RESTARTS):
        with again(home.served) as served:
            seen = await until(ada, lambda said: said.get("size", 0) >= first["size"] + 2, BACK_S)
            assert seen["verdict"] == "good"
            served.running.end(signal.SIGTERM)
    shutil.copy2(kept, log)
    with again(home.served):
        said = await until(ada, lambda said: said.get("verdict") not in (None, "good"), BACK_S)
        assert said["verdict"] == "went_back"
        assert said["head"].startswith(f"{seen['size']}:") or said["size"] >= seen["size"]
        assert run("audit", "verify", environ=home.served.environ).code == 0, "by itself the old log is whole"
        altered = run("audit", "verify", "--head", said["head"], environ=home.served.environ)
        assert altered.code == 3, altered.out
        issue = (await issues(ada))["audit_went_back"]
        assert issue["severity"] == "error"
        flow = await asyncio.to_thread(
            home.home_assistant.ask,
            "/api/repairs/issues/fix",
            {"handler": "local_voice", "issue_id": issue["issue_id"]},
            home.user.token,
        )
        done = await asyncio.to_thread(
            home.home_assistant.ask,
            f"/api/repairs/issues/fix/{flow['flow_id']}",
            {"next_step_id": "accept"},
            home.user.token,
        )
        assert done["type"] == "create_entry", done
        accepted = await until(ada, lambda said: said.get("verdict") == "good", BACK_S)
        assert accepted["size"] < seen["size"]
        assert "audit_went_back" not in await issues(ada)


async def test_the_whole_log_is_read_anew_and_a_row_from_before_that_was_changed_is_found(
    home: Household, ada: Connection, state: Callable[[str], None]
) -> None:
    home.home_assistant.expected += ["audit log"]
    (entry,) = await ada.call("config_entries/get", domain="local_voice")
    watched = await until(ada, lambda said: said.get("verdict") == "good", TOLD_S)

    async def verified() -> dict[str, Any]:
        found: dict[str, Any] = await ada.call("local_voice/page/verify", entry_id=entry["entry_id"])
        return found

    began_s = time.monotonic()
    good = await verified()
    took_s = time.monotonic() - began_s
    assert (good["verdict"], good["rows"]) == ("good", watched["size"])
    assert f"{good['head']['size']}:{good['head']['hash']}" == watched["head"]
    checked = run("audit", "verify", "--head", watched["head"], environ=home.served.environ)
    assert checked.code == 0, checked.out + checked.err
    state(f"Home Assistant read the whole audit log, {good['rows']} rows, in {1000 * took_s:.0f} ms: {good['verdict']}")

    home.served.running.end(signal.SIGTERM)
    with again(home.served) as served:  # so that the changed row is not one of the last, which are looked at each start
        watched = await until(ada, lambda said: said.get("size", 0) >= watched["size"] + 2, BACK_S)
        served.running.end(signal.SIGTERM)
    with closing(sqlite3.connect(home.served.config.parent / LOG)) as log, log:
        log.execute("DROP TRIGGER rows_stay")
        log.execute("UPDATE rows SET row = replace(row, 'start', 'stars') WHERE seq = 1")
    with again(home.served):
        later = await until(ada, lambda said: said.get("size", 0) >= watched["size"] + 2, BACK_S)
        assert later["verdict"] == "good", "what is new follows what was kept"
        bad = await verified()
        assert (bad["verdict"], bad["rows"]) == ("broken", later["size"])
        at_the_gateway = run("audit", "verify", environ=home.served.environ)
        assert at_the_gateway.code == 3
        assert "row 1" in at_the_gateway.out + at_the_gateway.err
