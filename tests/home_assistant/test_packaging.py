"""The integration's files fit each other and Home Assistant's rules for them, as far as hassfest can be foretold."""

import ast
import json
import re
import string
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import homeassistant.components
import pytest
from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import Integration
from homeassistant.util.yaml import load_yaml_dict

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.errors import REFUSALS
from tests.home_assistant.conftest import SetUp

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "custom_components" / DOMAIN
CORE = Path(homeassistant.components.__path__[0])
LANGUAGES = ("en", "de")
TRANSLATION_KEY = re.compile(r"(?!.+[_-]{2})(?![_-])[a-z0-9_-]+(?<![_-])")
NOT_IN_A_TEXT = re.compile(r"<\w|'\{\w+\}'|\[%|%\]|https?://|www\.|^\s|\s$")
"""HTML, quoted placeholders, references, addresses, and space around."""
FREE_TO_USE = {*Platform, "conversation", "homeassistant", "media_source", "persistent_notification", "websocket_api"}
"""Of what hassfest lets every integration use without a dependency."""
MOST_EXEMPTIONS = 4

type Texts = dict[str, Any]


def read_json(name: str) -> Texts:
    found: Texts = json.loads((SOURCE / name).read_text(encoding="utf-8"))
    return found


def texts(language: str = "en") -> Texts:
    return read_json(f"translations/{language}.json")


def flat(tree: Texts, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each text with the way to it."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, *path, key)
        else:
            yield (*path, key), value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))


def words_in_code() -> set[str]:
    """Return every string that the code consists of one of."""
    return {
        node.value
        for node in ast.walk(ast.parse(code()))
        if isinstance(node, ast.Constant)
        if isinstance(node.value, str)
    }


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a configuration folder into which a release has been unpacked as HACS does."""
    folder = tmp_path_factory.mktemp("configuration")
    subprocess.run(
        [sys.executable, ROOT / "scripts/release_archive.py", "--into", folder],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with zipfile.ZipFile(folder / "local_voice.zip") as archive:
        archive.extractall(folder / "custom_components" / DOMAIN)
    return folder


# The manifest


def test_home_assistant_takes_the_manifest(hass: HomeAssistant) -> None:
    integration = Integration.resolve_from_root(hass, __import__("custom_components"), DOMAIN)
    assert integration is not None
    assert not integration.is_built_in
    assert (integration.name, integration.config_flow, integration.iot_class) == ("Local Voice", True, "local_push")
    assert integration.requirements == [], "a gateway does the work, so that nothing has to be installed"
    assert integration.version is not None


def test_the_manifests_keys_are_in_hassfests_order_and_known() -> None:
    manifest = read_json("manifest.json")
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    known = {key for path in CORE.glob("*/manifest.json") for key in json.loads(path.read_text(encoding="utf-8"))}
    assert set(keys) <= known | {"issue_tracker", "version"}
    assert AwesomeVersion(manifest["version"], ensure_strategy=AwesomeVersionStrategy.SEMVER)
    for key in ("documentation", "issue_tracker"):
        assert manifest[key].startswith("https://")


def test_every_part_of_home_assistant_that_is_used_is_a_dependency_or_has_a_platform_here() -> None:
    manifest = read_json("manifest.json")
    used = set()
    for node in ast.walk(ast.parse(code())):
        if isinstance(node, ast.ImportFrom) and node.module == "homeassistant.components":
            used |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("homeassistant.components."):
            used.add(str(node.module).split(".")[2])
    allowed = FREE_TO_USE | {*manifest["dependencies"], *manifest.get("after_dependencies", [])}
    if "zeroconf" in manifest:
        allowed.add("zeroconf")
    assert {name for name in used - allowed if not (SOURCE / f"{name}.py").exists()} == set()


# Texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_plain_and_its_key_is_one(language: str) -> None:
    for path, text in flat(texts(language)):
        assert text, path
        assert not NOT_IN_A_TEXT.search(text), path
        assert all(name.isidentifier() for name in placeholders(text)), path
        assert all(TRANSLATION_KEY.fullmatch(key) for key in path), path


def test_german_says_what_english_says() -> None:
    english, german = dict(flat(texts("en"))), dict(flat(texts("de")))
    assert german.keys() == english.keys()
    for path, text in english.items():
        assert placeholders(german[path]) == placeholders(text), path


def test_every_field_of_a_form_is_explained() -> None:
    for flow in ("config", "options"):
        for name, step in texts()[flow]["step"].items():
            assert step.get("data", {}).keys() == step.get("data_description", {}).keys(), (flow, name)


def test_every_error_and_issue_in_the_texts_is_one_that_the_code_raises() -> None:
    own = texts()
    framework = {"already_in_progress", "reauth_successful", "unknown"}
    keys = (
        own["config"]["error"].keys() | own["config"]["abort"].keys() | own["exceptions"].keys() | own["issues"].keys()
    )
    assert keys - framework - words_in_code() == set()


def test_every_error_that_the_code_raises_has_its_text() -> None:
    own = texts()
    exceptions = re.findall(r'(?:GatewayError|TrustError)\(\s*"(\w+)"', code())
    assert {*exceptions, *REFUSALS.values(), "refused"} <= own["exceptions"].keys()
    assert exceptions


async def test_every_entity_has_a_name_and_an_icon(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    names, icons = texts()["entity"], read_json("icons.json")["entity"]
    assert found
    for entity in found:
        if entity.original_name is not None:
            assert "name" in names[entity.domain][str(entity.translation_key)], entity.entity_id
        assert entity.translation_key in icons.get(entity.domain, {}) or entity.original_device_class, entity.entity_id


def test_every_icon_is_of_something_that_has_a_name_and_is_one() -> None:
    icons, own = read_json("icons.json"), texts()
    for domain, entities in icons["entity"].items():
        assert entities.keys() <= own["entity"].get(domain, {}).keys() | {"satellite"}, domain
    assert all(re.fullmatch(r"mdi:[a-z0-9-]+", icon) for _, icon in flat(icons))


def test_every_action_has_words_and_an_icon() -> None:
    actions = load_yaml_dict(str(SOURCE / "services.yaml"))
    own, icons = texts()["services"], read_json("icons.json")["services"]
    assert actions.keys() == own.keys() == icons.keys()
    for name, action in actions.items():
        assert {"name", "description"} <= own[name].keys()
        for field in (action or {}).get("fields", {}):
            assert {"name", "description"} <= own[name]["fields"][field].keys()


# The quality scale


def test_every_rule_of_the_quality_scale_is_answered_and_hardly_any_has_no_subject() -> None:
    rules = {rule for path in CORE.glob("*/quality_scale.yaml") for rule in load_yaml_dict(str(path))["rules"]}
    answers = load_yaml_dict(str(SOURCE / "quality_scale.yaml"))["rules"]
    assert answers.keys() == rules
    statuses = {rule: answer if isinstance(answer, str) else answer["status"] for rule, answer in answers.items()}
    assert set(statuses.values()) <= {"done", "exempt"}
    exempt = [rule for rule, status in statuses.items() if status == "exempt"]
    assert len(exempt) <= MOST_EXEMPTIONS
    assert all(answers[rule]["comment"] for rule in exempt)


# The release


@pytest.mark.parametrize("environment", [".venv-ha", ".venv-e2e"])
def test_a_release_unpacked_into_a_fresh_configuration_is_imported_by_each_home_assistant(
    unpacked: Path, environment: str
) -> None:
    python = ROOT / environment / "bin/python"
    if not python.exists():
        pytest.skip(f"no {environment} here: scripts/bootstrap dev makes it")
    modules = sorted(path.stem for path in (unpacked / "custom_components" / DOMAIN).glob("*.py"))
    assert "config_flow" in modules
    imports = "\n".join(f"import custom_components.{DOMAIN}.{name}" for name in modules if name != "__init__")
    says_where = f"print(sys.modules['custom_components.{DOMAIN}'].__file__)"
    program = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n{imports}\n{says_where}"
    done = subprocess.run(
        [python, "-P", "-c", program], cwd=unpacked, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(unpacked))
