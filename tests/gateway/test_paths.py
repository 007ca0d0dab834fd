import os
from pathlib import Path

import pytest

from gateway import paths


def test_the_variables_of_xdg_are_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    assert paths.data_dir() == tmp_path / "DATA/local-voice"
    assert paths.models_dir() == tmp_path / "DATA/local-voice/models"
    assert paths.config_file() == tmp_path / "CONFIG/local-voice/config.toml"
    assert paths.cache_dir() == tmp_path / "CACHE/local-voice"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [None, "", "relative/path"])
def test_without_them_the_home_folder_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DATA", "CONFIG", "CACHE"):
        if value is None:
            monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
        else:
            monkeypatch.setenv(f"XDG_{name}_HOME", value)
    assert paths.data_dir() == tmp_path / ".local/share/local-voice"
    assert paths.config_file() == tmp_path / ".config/local-voice/config.toml"
    assert paths.cache_dir() == tmp_path / ".cache/local-voice"


def test_root_who_has_no_gateway_means_the_machines_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "SERVICE_DATA", tmp_path)
    service = tmp_path / "local-voice" / "gateway"
    for user, is_there, meant in ((0, False, False), (1000, True, False), (0, True, True)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        if is_there:
            service.mkdir(parents=True, exist_ok=True)
        assert (paths.owned_gateway_dir() == service) is meant
    paths.gateway_dir().mkdir(parents=True)
    (paths.gateway_dir() / "voice.pem").touch()
    assert paths.owned_gateway_dir() == paths.gateway_dir()
