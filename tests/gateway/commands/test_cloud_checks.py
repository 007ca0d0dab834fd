from pathlib import Path

import pytest

from gateway.broker.cloud_store import CloudStore
from gateway.broker.destination import Destination, Kind
from gateway.commands import cloud_checks
from gateway.commands.cloud import FILTERED
from gateway.commands.cloud_checks import cloud_findings
from gateway.commands.service_checks import Level


def put(store: CloudStore, name: str, *, is_local: bool) -> None:
    store.put(
        Destination(
            id=name,
            kind=Kind.CHAT,
            host=f"{name}.example",
            port=8443,
            path="/v1",
            model="m",
            is_local=is_local,
            key="sk-hidden",
            key_version=0,
            added_at="",
        )
    )


def found(folder: Path) -> list[tuple[Level, str]]:
    findings = cloud_findings(folder)
    assert {finding.label for finding in findings} == {"Cloud"}
    assert "hidden" not in str(findings)
    return [(finding.level, finding.text) for finding in findings]


def test_without_a_destination_nothing_can_be_sent(tmp_path: Path) -> None:
    assert found(tmp_path / "gateway") == [(Level.GOOD, "no destination: nothing can be sent anywhere")]


def test_switch_and_destinations_are_named(tmp_path: Path) -> None:
    store = CloudStore(tmp_path)
    put(store, "nas", is_local=True)
    put(store, "work", is_local=False)
    where = [
        (Level.GOOD, "nas: chat at nas.example:8443 (at home), model m"),
        (Level.GOOD, "work: chat at work.example:8443 (in the cloud), model m"),
    ]
    assert found(tmp_path) == [(Level.GOOD, 'the switch "Allow cloud requests" is off: nothing is sent'), *where]
    store.allow(True)
    on = 'the switch "Allow cloud requests" is on: each request waits for a yes of its own'
    assert found(tmp_path) == [(Level.NOTE, on), *where]


def test_a_service_that_may_not_leave_home_is_told_of_where_it_has_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_checks, "is_kept_at_home", lambda folder: folder == tmp_path)
    store = CloudStore(tmp_path)
    put(store, "nas", is_local=True)
    assert len(found(tmp_path)) == 2
    put(store, "work", is_local=False)
    assert found(tmp_path)[-1] == (Level.NOTE, FILTERED)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text("{")
    (level, text), *more = found(tmp_path)
    assert (level, more) == (Level.PROBLEM, [])
    assert "cloud.json: damaged" in text
