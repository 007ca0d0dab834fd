import stat
import sys
from pathlib import Path

import pytest

from gateway.satellite import devices, portaudio
from gateway.satellite.devices import SoundDevice, SoundDevices, find_devices, parse_alsa_devices
from tests.soundcard import SoundCard

LISTING = """\
null
    Discard all samples (playback) or generate zero samples (capture)
lavrate
    Rate Converter Plugin Using Libav/FFmpeg Library
default
    Playback/recording through the PulseAudio sound server
hw:CARD=Device,DEV=0
    USB Audio Device, USB Audio
    Direct hardware device without any conversions
plughw:CARD=Device,DEV=0
    USB Audio Device, USB Audio
    Hardware device with all software conversions
pulse
"""


def test_of_alsas_list_only_what_people_would_choose_is_kept() -> None:
    assert parse_alsa_devices(LISTING) == (
        SoundDevice(id="default", description="Playback/recording through the PulseAudio sound server"),
        SoundDevice(
            id="plughw:CARD=Device,DEV=0",
            description="USB Audio Device, USB Audio, Hardware device with all software conversions",
        ),
        SoundDevice(id="pulse", description="pulse"),
    )


def test_an_empty_list_has_no_devices() -> None:
    assert parse_alsa_devices("") == ()


def test_an_endless_list_is_cut() -> None:
    listing = "".join(f"plughw:CARD=Card{number},DEV=0\n    Card\n" for number in range(1_000))
    assert len(parse_alsa_devices(listing)) == devices.MOST_DEVICES


@pytest.mark.usefixtures("portaudio_library")
def test_portaudio_names_the_card() -> None:
    found = find_devices()
    assert found.has_portaudio
    assert SoundDevice(id="default", description="default") in found.microphones
    assert SoundDevice(id="default", description="default") in found.speakers
    assert found.missing_packages == ()


def test_without_portaudio_alsa_names_the_card(soundcard: SoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    found = find_devices()
    assert not found.has_portaudio
    assert found.has_arecord
    assert found.has_aplay
    assert found.microphones == (SoundDevice(id="default", description="The test's sound card"),)
    assert found.speakers == found.microphones
    assert found.missing_packages == ()


@pytest.mark.usefixtures("empty_path")
def test_without_anything_the_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert portaudio.load() is None
    assert find_devices() == SoundDevices(has_portaudio=False, has_arecord=False, has_aplay=False)
    assert find_devices().missing_packages == ("alsa-utils", "libportaudio2")


@pytest.mark.usefixtures("empty_path")
def test_a_list_that_never_comes_is_no_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr(devices, "LIST_S", 0.05)
    hanging = tmp_path / "arecord"
    hanging.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    hanging.chmod(stat.S_IRWXU)
    found = find_devices()
    assert found.has_arecord
    assert found.microphones == ()
