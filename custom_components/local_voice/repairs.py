"""Repairing what was found: the gateway in a cloud's place, and asked first; its audit log, if somebody knows why.

And what somebody wants: that everything is forgotten.
"""

from typing import Any

from homeassistant.components.assist_pipeline import Pipeline, async_get_pipelines, async_update_pipeline
from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .assistant import engines_of, language_for
from .audit_repair import AuditLogFlow
from .broker_issues import AUDIT_LOG
from .const import DOMAIN
from .forget_repair import FORGET_EVERYTHING, ForgetEverythingFlow
from .issues import cloud_engines

type Data = dict[str, str | int | float | None]


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    issue_id: str,
    data: Data | None,
) -> RepairsFlow:
    """Return what repairs an issue."""
    if data is None:
        return ConfirmRepairFlow()
    if issue_id.startswith(AUDIT_LOG):
        return AuditLogFlow(str(data["entry_id"]))
    if issue_id.startswith(FORGET_EVERYTHING):
        return ForgetEverythingFlow(str(data["entry_id"]))
    kind = CloudEngineFlow if issue_id.startswith("cloud_engine") else LocalIntentsFlow
    return kind(str(data["pipeline_id"]), str(data["entry_id"]))


class AssistantFlow(RepairsFlow):
    """About one assistant, and the gateway that is to serve it."""

    def __init__(self, pipeline_id: str, entry_id: str) -> None:
        """Both may be gone by the time somebody looks."""
        self._pipeline_id = pipeline_id
        self._entry_id = entry_id

    @property
    def _pipeline(self) -> Pipeline | None:
        return next((known for known in async_get_pipelines(self.hass) if known.id == self._pipeline_id), None)

    @property
    def _placeholders(self) -> dict[str, str]:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return (issue and issue.translation_placeholders) or {}


class LocalIntentsFlow(AssistantFlow):
    """Home Assistant's own understanding before the gateway's: off again."""

    async def async_step_init(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask, and switch it off."""
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders=self._placeholders)
        pipeline = self._pipeline
        if pipeline is None:
            return self.async_abort(reason="gone")
        await async_update_pipeline(self.hass, pipeline, prefer_local_intents=False)
        return self.async_create_entry(data={})


class CloudEngineFlow(AssistantFlow):
    """An assistant that uses a cloud: the gateway in its place, or as it is."""

    async def async_step_init(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Ask which."""
        return self.async_show_menu(
            step_id="init", menu_options=["use_gateway", "ignore"], description_placeholders=self._placeholders
        )

    async def async_step_use_gateway(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Put the gateway's engines in the place of those in a cloud; all others stay."""
        pipeline, entry = self._pipeline, self.hass.config_entries.async_get_entry(self._entry_id)
        if pipeline is None or entry is None:
            return self.async_abort(reason="gone")
        ours, changes = engines_of(self.hass, entry), dict[str, Any]()
        for platform in await cloud_engines(self.hass, pipeline):
            if platform not in ours:
                return self.async_abort(reason="gone")
            language = language_for(self.hass, platform, ours[platform], pipeline.language)
            if language is None:
                return self.async_abort(reason="not_spoken", description_placeholders={"language": pipeline.language})
            changes |= {f"{platform}_engine": ours[platform], f"{platform}_language": language}
        if "tts_engine" in changes:
            changes["tts_voice"] = None  # a voice of the other engine's
        await async_update_pipeline(self.hass, pipeline, **changes)
        return self.async_create_entry(data={})

    async def async_step_ignore(
        self,
        user_input: dict[str, str] | None = None,  # noqa: ARG002 - Home Assistant's signature
    ) -> RepairsFlowResult:
        """Leave it, and do not ask again."""
        ir.async_ignore_issue(self.hass, DOMAIN, self.issue_id, ignore=True)
        return self.async_abort(reason="ignored")
