from wyoming.info import Describe, Info

from tests.gateway.wyoming.rig import NAMES, ask, client_of, serving


async def test_a_client_learns_what_there_is() -> None:
    async with serving() as server, client_of(server) as client:
        info = Info.from_event(await ask(client, Describe()))
    programs = [*info.asr, *info.tts, *info.wake, *info.intent, *info.handle]
    assert len(programs) == 5, "one of each kind"
    assert all(program.installed and program.version == "1.2.3" and program.name for program in programs)
    assert [(model.name, model.languages, model.installed) for model in info.asr[0].models] == [
        (NAMES.stt_model, ["en"], True)
    ]
    assert info.asr[0].requires_external_vad, "we do not say when an utterance ends"
    assert [voice.name for voice in info.tts[0].voices] == [NAMES.voice]
    assert info.tts[0].supports_synthesize_streaming
    assert [(word.name, word.phrase) for word in info.wake[0].models] == [
        ("okay_nabu", "Okay Nabu"),
        ("alexa", "Alexa"),
    ]
    assert info.handle[0].supports_home_control
    assert info.satellite is None
