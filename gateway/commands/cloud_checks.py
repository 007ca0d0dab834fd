"""What `doctor` says of the cloud: whether anything may leave, where to, and whether it could. Changes nothing."""

from pathlib import Path

from gateway.commands.cloud import FILTERED, SWITCH, described, stored_state
from gateway.commands.service import is_kept_at_home
from gateway.commands.service_checks import Finding, Level
from gateway.errors import ConfigError

LABEL = "Cloud"


def cloud_findings(folder: Path) -> list[Finding]:
    """Return what is to be said of the gateway that keeps `folder`."""
    try:
        state = stored_state(folder)
    except ConfigError as error:
        return [Finding(label=LABEL, level=Level.PROBLEM, text=str(error))]
    if not state.destinations:
        return [Finding(label=LABEL, level=Level.GOOD, text="no destination: nothing can be sent anywhere")]
    switch = "on: each request waits for a yes of its own" if state.is_allowed else "off: nothing is sent"
    level = Level.NOTE if state.is_allowed else Level.GOOD
    findings = [Finding(label=LABEL, level=level, text=f'the switch "{SWITCH}" is {switch}')]
    findings.extend(
        Finding(label=LABEL, level=Level.GOOD, text=f"{found.id}: {described(found)}") for found in state.destinations
    )
    if any(not found.is_local for found in state.destinations) and is_kept_at_home(folder):
        findings.append(Finding(label=LABEL, level=Level.NOTE, text=FILTERED))
    return findings
