"""The voice service: loaded, opened, told of peers, and closed; with scripted models, and once with real ones."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.config import Config, SttConfig
from gateway.engines.learned import LearnedUnderstanding
from gateway.engines.usual_replies import usual_replies
from gateway.errors import EngineError, HouseError, LinkError, ModelError, TrustError
from gateway.events import Announcement, Intent, Sound
from gateway.home.demo import demo_house
from gateway.offer import SettingsChange
from gateway.own_sentences import NO_SENTENCES, OwnSentences, SentenceBlock
from gateway.rules import Rule, RuleKind
from gateway.server.app import VoiceServer
from gateway.settings_file import SettingsFile
from gateway.timers import TimerFinished
from gateway.wire.peers import Role
from gateway.wire.request_words import ChangeSettings, Offered, SettingsChanged
from gateway.wire.voice_words import Announce, AnnounceOver, Drain, HouseUsable, TurnHappened
from tests.fakes import ScriptedTts, quiet, speech, wake_word
from tests.gateway.running_service import GATEWAY_ID, HOST, VERSION, ScriptedParts, script, until, voice_service_in
from tests.gateway.server.kept_ledger import NotingLedger
from tests.gateway.wyoming.rig import ask, sound
from tests.voices import Voices, silence

ANSWER = b"".join(word.ljust(20, b"\0") for word in (b"answer", b"to", b"HassGetCurrentTime"))
TO_GATEWAY = [*quiet(500), *wake_word(), *quiet(300), *speech(900), *quiet(1_000)]
"""The wake word, and a request."""
CHOICE = SettingsChange(stt_model="base", wake_sensitivity=70)
SOON_S = 10.0
AT_ONCE = 8
TIMES_AS_FAST = 3
"""Frames that come faster than they can be heard are dropped."""


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedParts]:
    scripted = script(monkeypatch)
    yield scripted
    scripted.close()


class TestWithScriptedModels:
    async def test_who_was_a_peer_before_it_was_loaded_is_let_in_and_answered(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            satellite_id = rig.pair(Role.SATELLITE)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.satellite(satellite_id) as satellite:
                greeting = await satellite.greeted()
                assert (greeting.gateway_id, greeting.version) == (GATEWAY_ID, VERSION)
                await satellite.hear(TO_GATEWAY)
                await satellite.told(Drain)
                assert satellite.pcm == ANSWER
        assert parts.loaded == ["okay_nabu", "tiny.en", "en_US-joe-medium"], "each once"

    async def test_before_it_is_started_nobody_is_answered(self, parts: ScriptedParts, tmp_path: Path) -> None:
        async with voice_service_in(tmp_path, wyoming=True) as rig:
            rig.service.start()
            await rig.service.load()
            for port in (rig.port, rig.wyoming_port):
                with socket.create_connection((HOST, port), timeout=SOON_S) as waiting:
                    waiting.setblocking(False)
                    waiting.send(b"hello\n")
                    await asyncio.sleep(0.1)
                    with pytest.raises(BlockingIOError):
                        waiting.recv(1)

    async def test_who_becomes_a_peer_later_is_let_in_and_who_is_none_any_more_goes(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            rig.service.start()
            satellite_id = rig.pair(Role.SATELLITE)
            with pytest.raises(TrustError):
                async with rig.satellite(satellite_id):
                    pass
            rig.tell()
            async with rig.satellite(satellite_id) as satellite:
                await satellite.greeted()
                rig.peers.clear()
                rig.tell()
                await satellite.end()

    async def test_the_house_is_that_of_the_first_home_and_the_demo_house_after_the_last(
        self, parts: ScriptedParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        houses, told = parts.understands.houses, list[int]()
        monkeypatch.setattr(VoiceServer, "house_changed", lambda _: told.append(len(houses)))
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            assert [house.name for house in houses] == [parts.house().name]
            rig.pair(Role.HOME)
            rig.tell()
            await until(lambda: len(houses) == 2)
            assert not houses[1].entities, "it has not told of its house yet"
            rig.pair(Role.HOME)
            rig.pair(Role.SATELLITE)
            rig.tell()
            await asyncio.sleep(0.05)
            assert len(houses) == 2
            rig.peers.clear()
            rig.tell()
            await until(lambda: len(told) == 2)
            assert told == [2, 3], "satellites stand in other rooms from then on"
            assert houses[2].entities == houses[0].entities

    async def test_a_home_that_was_paired_before_is_known_when_it_is_loaded(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            rig.pair(Role.HOME)
            rig.tell()
            await rig.service.load()
            assert not parts.understands.houses[-1].entities

    async def test_what_nobody_understands_yet_is_not_taken_for_understood(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            with pytest.raises(EngineError, match="no sentences are loaded yet"):
                await rig.service._household.refresh()
            caplog.clear()
            rig.pair(Role.HOME)
            rig.tell()
            await asyncio.sleep(0.05)
            await rig.service.load()
            assert len(parts.understands.houses) == 1
        assert "not understood" not in caplog.text, "nothing is tried before that can be"

    async def test_a_home_that_is_paired_while_models_are_loaded_is_known_then(
        self, parts: ScriptedParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def understanding(language: str) -> LearnedUnderstanding:
            parts.gate.acquire()  # nothing is loaded after the sentences
            return made(language)

        async with voice_service_in(tmp_path) as rig:
            made = rig.service._make_understanding
            monkeypatch.setattr(rig.service, "_make_understanding", understanding)
            loading = asyncio.create_task(rig.service.load())
            await until(lambda: bool(rig.service._understandings))
            rig.pair(Role.HOME)
            rig.tell()
            await until(lambda: len(parts.understands.houses) == 1)
            parts.gate.release()
            await loading
            assert not parts.understands.houses[-1].entities

    async def test_a_house_that_is_being_understood_holds_up_no_end(self, parts: ScriptedParts, tmp_path: Path) -> None:
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            parts.understands.may_go_on.clear()
            rig.pair(Role.HOME)
            rig.tell()
            await asyncio.sleep(0.05)
            async with asyncio.timeout(1):
                await rig.service.close()
            await asyncio.sleep(0.05)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_a_house_that_cannot_be_understood_ends_nothing_and_is_logged(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            rig.service.start()
            parts.understands.fails = True
            home_id = rig.pair(Role.HOME)
            rig.tell()
            await until(lambda: "the house is not understood: engine" in caplog.messages)
            async with rig.home(home_id) as home:
                await home.greeted()

    async def test_the_house_of_a_home_is_understood(self, parts: ScriptedParts, tmp_path: Path) -> None:
        async with voice_service_in(tmp_path) as rig:
            home_id = rig.pair(Role.HOME)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.home(home_id) as home:
                home.tell(parts.house())
                await home.told(HouseUsable)
                told = parts.understands.houses[-1]
                assert [entity.id for entity in told.entities] == [entity.id for entity in parts.house().entities]

    async def test_where_two_languages_are_spoken_both_know_the_house_and_one_its_own_sentences(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = Config(stt=SttConfig(model="base", second_language="de"))
        parts = script(monkeypatch, config)
        own = OwnSentences(blocks=(SentenceBlock(intent="", sentences=("brew a coffee",)),))
        parts.house = lambda: replace(demo_house(), sentences=own)  # type: ignore[method-assign]
        rules = (Rule(id="0" * 32, kind=RuleKind.WORDS, said="lump", meant="lamp", made_at=datetime.now(UTC)),)
        async with voice_service_in(tmp_path, config, ledger=NotingLedger(rules=rules)) as rig:
            await rig.service.load()
            german = parts.others["de"]
            assert [len(one.houses[-1].entities) for one in (parts.understands, german)] == [
                len(demo_house().entities)
            ] * 2
            assert (parts.understands.houses[-1].sentences, german.houses[-1].sentences) == (own, NO_SENTENCES)
            assert parts.understands.rules == german.rules == rules
        parts.close()

    async def test_a_timer_rings_where_it_was_set(self, parts: ScriptedParts, tmp_path: Path) -> None:
        parts.understands.intents["tiny.en"] = Intent(name="HassStartTimer", slots={"seconds": 1}, text="tiny.en")
        async with voice_service_in(tmp_path) as rig:
            satellite_id = rig.pair(Role.SATELLITE)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.satellite(satellite_id) as satellite:
                await satellite.hear(TO_GATEWAY)
                await satellite.told(Drain)
                answer = satellite.pcm
                assert answer.startswith(b"answer\0")
                await satellite.told(Drain, 2)
                assert len(satellite.pcm) > len(answer), "it rings"

    async def test_a_message_is_said_at_the_others(self, parts: ScriptedParts, tmp_path: Path) -> None:
        message = {"message": "dinner is ready"}
        parts.understands.intents["tiny.en"] = Intent(name="HassBroadcast", slots=message, text="tiny.en")
        async with voice_service_in(tmp_path) as rig:
            home_id, *ids = [rig.pair(role) for role in (Role.HOME, Role.SATELLITE, Role.SATELLITE)]
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with (
                rig.home(home_id) as home,
                rig.satellite(ids[0]) as speaking,
                rig.satellite(ids[1]) as other,
            ):
                await home.satellite_is(ids[1], connected=True)
                await speaking.hear(TO_GATEWAY)
                await other.told(Drain)
                assert other.pcm.startswith(b"dinner\0")

    async def test_what_is_to_be_said_while_nobody_is_served_is_dropped(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            timer = TimerFinished(name=None, command=None, satellite_id="x", area_id=None, duration_s=5)
            rig.service._timer_finished(timer)
            rig.service._announcement(Announcement(message="dinner", satellite_id="x"))
            rig.service._offer_changed()
            await rig.service.load()

    async def test_sound_files_are_decoded(
        self, parts: ScriptedParts, tmp_path: Path, wav: Callable[[str, bytes], Path]
    ) -> None:
        content = wav("message.wav", b"\1\0" * 16_000).read_bytes()
        async with voice_service_in(tmp_path) as rig:
            home_id, satellite_id = rig.pair(Role.HOME), rig.pair(Role.SATELLITE)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.home(home_id) as home, rig.satellite(satellite_id) as satellite:
                await home.satellite_is((await satellite.greeted()).peer_id, connected=True)
                home.say(Announce(id=1, sound_bytes=len(content)))
                await home.channel.play_for(1, content)
                await home.told(AnnounceOver)
                assert satellite.pcm == b"\1\0" * 16_000
        await until(lambda: not any(thread.name.startswith("sound-files") for thread in threading.enumerate()))

    async def test_replies_are_forgotten_with_whatever_else_is(self, parts: ScriptedParts, tmp_path: Path) -> None:
        ledger = NotingLedger()
        async with voice_service_in(tmp_path, ledger=ledger):
            replies = parts._replies
            replies.keep(("joe", "Added milk."), Sound(rate_hz=22_050, pcm=bytes(2)), age=replies.age)
            assert len(replies) == 1
            ledger.forget()
            assert len(replies) == 0

    async def test_usual_replies_are_learnt_once_it_serves(
        self, parts: ScriptedParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.equipment.LEARNING_S", 0.0)
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            tts = rig.service._equipment.shared.tts if rig.service._equipment is not None else None
            assert isinstance(tts, ScriptedTts)
            assert tts.prepared == []
            rig.service.start()
            await until(lambda: tts.prepared == list(usual_replies("en")))

    async def test_closing_says_goodbye_and_lets_the_ports_go(self, parts: ScriptedParts, tmp_path: Path) -> None:
        async with voice_service_in(tmp_path, wyoming=True) as rig:
            satellite_id = rig.pair(Role.SATELLITE)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.satellite(satellite_id) as satellite:
                await satellite.greeted()
                rig.pair(Role.HOME)
                rig.tell()  # so that something is under way
                await rig.service.close()
                assert await satellite.end() == "stopping"
            for port in (rig.port, rig.wyoming_port):
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((HOST, port), timeout=SOON_S)


class TestHowWellItHears:
    @pytest.mark.parametrize(
        ("languages", "told"),
        [
            (("es", ""), []),
            (("de", ""), ["base for German: weak (10 of 14 commands right)"]),
            (("en", "de"), ["base for German: weak (10 of 14 commands right)"]),
        ],
    )
    async def test_a_model_that_is_weak_in_a_language_is_told_once_it_is_loaded(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        languages: tuple[str, str],
        told: list[str],
    ) -> None:
        language, second_language = languages
        config = Config(stt=SttConfig(model="base", language=language, second_language=second_language))
        parts = script(monkeypatch, config)
        async with voice_service_in(tmp_path, config) as rig:
            await rig.service.load()
        parts.close()
        assert [one for one in caplog.messages if " for " in one and "right)" in one] == told


class TestWhatWasChosen:
    async def test_it_is_loaded_and_told(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        SettingsFile(tmp_path).add(CHOICE)
        with caplog.at_level(logging.INFO):
            async with voice_service_in(tmp_path) as rig:
                await rig.service.load()
        assert "base" in parts.loaded
        assert "tiny.en" not in parts.loaded
        assert "Whisper model base (chosen in Home Assistant)" in caplog.text

    async def test_where_it_cannot_be_loaded_the_configuration_holds(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        SettingsFile(tmp_path).add(CHOICE)
        parts.broken = {"base"}
        with caplog.at_level(logging.INFO):
            async with voice_service_in(tmp_path) as rig:
                home_id = rig.pair(Role.HOME)
                rig.tell()
                await rig.service.load()
                rig.service.start()
                async with rig.home(home_id) as home:
                    offered = await home.told(Offered)
                    assert (offered.stt_model, offered.wake_sensitivity) == ("tiny.en", 50)
        assert "what was chosen in Home Assistant cannot be used, the configuration holds: scripted" in caplog.messages
        assert "chosen in Home Assistant)" not in caplog.text
        assert SettingsFile(tmp_path).chosen == CHOICE, "it may be usable again one day"

    async def test_what_is_no_longer_installed_is_left_out(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        SettingsFile(tmp_path).add(SettingsChange(stt_model="large", wake_sensitivity=70))
        with caplog.at_level(logging.INFO):
            async with voice_service_in(tmp_path) as rig:
                await rig.service.load()
        assert "tiny.en" in parts.loaded
        assert "large" not in parts.loaded
        assert "sensitivity 70 (chosen in Home Assistant)" in caplog.text

    async def test_where_nothing_was_chosen_there_is_nothing_to_fall_back_to(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        parts.broken = {"tiny.en"}
        async with voice_service_in(tmp_path) as rig:
            with pytest.raises(ModelError, match="scripted"):
                await rig.service.load()
        assert parts.loaded.count("tiny.en") == 1

    async def test_a_house_file_that_is_not_there_is_named_at_once(self, tmp_path: Path) -> None:
        config = replace(Config(), home=replace(Config().home, house=str(tmp_path / "house.yaml")))
        with pytest.raises(HouseError, match=r"house\.yaml"):
            async with voice_service_in(tmp_path, config):
                pass

    async def test_a_choice_of_a_home_is_remembered_by_somebody_else_and_told(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            home_id = rig.pair(Role.HOME)
            rig.tell()
            await rig.service.load()
            rig.service.start()
            async with rig.home(home_id) as home:
                await home.told(Offered)
                home.say(ChangeSettings(id=1, stt_model="base"))
                assert (await home.told(SettingsChanged)).error == ""
                assert (await home.told(Offered, 2)).stt_model == "base"
                assert rig.remembered == [SettingsChange(stt_model="base")]
                rig.refusal = "the disk is full"
                home.say(ChangeSettings(id=2, stt_model="tiny.en"))
                changed = await home.told(SettingsChanged, 2)
                assert (changed.error, changed.message) == ("config", "the disk is full")
        assert not SettingsFile(tmp_path).chosen.named, "the service itself writes nothing"


class TestWyoming:
    async def test_it_serves_what_is_in_use(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with voice_service_in(tmp_path, wyoming=True) as rig:
            await rig.service.load()
            rig.service.start()
            async with AsyncTcpClient(HOST, rig.wyoming_port) as client:
                info = Info.from_event(await ask(client, Describe()))
                assert [model.name for model in info.asr[0].models] == ["tiny.en"]
                assert info.tts[0].voices[0].languages == ["en-US"]
                event = await ask(client, Transcribe(), *sound(b"\1\0" * FRAME_BYTES))
                assert Transcript.from_event(event).text == "tiny.en"
            async with AsyncTcpClient(HOST, rig.wyoming_port) as client:
                event = await ask(client, Detect(), *sound(b"".join([*quiet(500), *wake_word() * 3, *quiet(500)])))
                assert Detection.from_event(event).name == "okay_nabu"
        assert (
            f"wyoming: anybody who reaches port {rig.wyoming_port} may use it, it has no protection" in caplog.messages
        )

    async def test_a_voice_of_no_known_language_speaks_that_of_the_house(
        self, parts: ScriptedParts, tmp_path: Path
    ) -> None:
        config = replace(Config(), tts=replace(Config().tts, voice="nameless"))
        async with voice_service_in(tmp_path, config, wyoming=True) as rig:
            await rig.service.load()
            rig.service.start()
            async with AsyncTcpClient(HOST, rig.wyoming_port) as client:
                info = Info.from_event(await ask(client, Describe()))
                assert info.tts[0].voices[0].languages == ["en"]

    async def test_where_it_has_no_port_nothing_is_said_of_it(
        self, parts: ScriptedParts, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with voice_service_in(tmp_path) as rig:
            await rig.service.load()
            rig.service.start()
        assert "wyoming" not in caplog.text


@pytest.mark.models
async def test_with_real_models_a_satellite_is_answered(
    tmp_path: Path, voices: Voices, caplog: pytest.LogCaptureFixture, state: Callable[[str], None]
) -> None:
    SettingsFile(tmp_path).add(SettingsChange(stt_model="no-such-model", wake_sensitivity=60))
    said = silence(1.0) + voices.piper("Okay Nabu.") + silence(0.4) + voices.piper("What time is it?") + silence(2.0)
    frames = [said[start : start + FRAME_BYTES] for start in range(0, len(said) - FRAME_BYTES + 1, FRAME_BYTES)]
    loop = asyncio.get_running_loop()
    async with voice_service_in(tmp_path) as rig:
        home_id, satellite_id = rig.pair(Role.HOME), rig.pair(Role.SATELLITE)
        rig.tell()
        began_s = loop.time()
        await rig.service.load()
        loaded_s = loop.time() - began_s
        rig.service.start()
        async with rig.home(home_id) as home, rig.satellite(satellite_id) as satellite:
            await satellite.greeted()
            for start in range(0, len(frames), AT_ONCE):
                await satellite.hear(frames[start : start + AT_ONCE])
                await asyncio.sleep(AT_ONCE * FRAME_MS / 1000 / TIMES_AS_FAST)
            happened = await home.told(TurnHappened)
            await satellite.told(Drain)
            assert (happened.outcome, happened.wake_word) == ("answer", "okay_nabu")
            assert len(satellite.pcm) > 16_000, "the time is said"
        began_s = loop.time()
        await rig.service.close()
        state(f"voice service: loaded in {loaded_s:.1f} s, closed in {loop.time() - began_s:.2f} s")
        with pytest.raises((LinkError, OSError)):
            async with rig.satellite(satellite_id):
                pass
    assert "no-such-model" in caplog.text
