"""The voice service has a person asked about what is said, and says what became of it; with scripted models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.wire.peers import Role
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.voice_words import HouseUsable, TurnHappened
from tests.fakes import ScriptedCloud, ScriptedStt, quiet, recognized, speech, wake_word
from tests.gateway.running_service import ScriptedParts, script, voice_service_in

QUESTION = "ask the cloud how old the kitchen is"


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedParts]:
    scripted = script(monkeypatch)
    monkeypatch.setattr(scripted, "stt", lambda _: ScriptedStt(recognized(QUESTION)))
    yield scripted
    scripted.close()


async def test_from_what_is_said_to_what_is_answered(parts: ScriptedParts, tmp_path: Path) -> None:
    cloud = ScriptedCloud()
    async with voice_service_in(tmp_path, cloud=cloud) as rig:
        satellite_id, home_id = rig.pair(Role.SATELLITE), rig.pair(Role.HOME)
        rig.tell()
        rig.service.decided(request_id="1", satellite_id=satellite_id, content="text", fate="failed", text="")
        await rig.service.load()
        rig.service.start()
        async with rig.home(home_id) as home, rig.satellite(satellite_id) as satellite:
            home.tell(parts.house())
            await home.told(HouseUsable)
            await home.satellite_is(satellite_id, connected=True)
            await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
            assert (await home.told(TurnHappened)).outcome == "consent_asked"
            home.say(Converse(id=1, text=QUESTION))
            assert (await home.told(Conversed)).outcome == "consent_asked"
            assert [asked.satellite_id for asked in cloud.proposals] == [satellite_id, ""]
            for asked in cloud.proposals:
                assert asked.text == "how old the kitchen is"
                assert [(known.name, known.kind) for known in asked.names] == [("Kitchen", "area")]
            rig.service.decided(request_id="2", satellite_id=satellite_id, content="text", fate="answered", text="Old.")
            await satellite.until(lambda: b"Old." in satellite.pcm)
