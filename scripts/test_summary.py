"""The end of scripts/test: what became of all tests, and how many lacked the shared recordings. Decides nothing."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

results = Path(sys.argv[1])
no_recordings = 0
for log in sorted(results.glob("*.log"), key=lambda path: path.stat().st_mtime):
    closing_lines = re.findall(r"^=+ .* in [\d.]+s.*=+$", log.read_text(errors="replace"), re.MULTILINE)
    print(closing_lines[-1] if closing_lines else f"{log.stem}: pytest did not come to its end")
for report in results.glob("*.xml"):
    reasons = [skipped.get("message", "") for skipped in ET.parse(report).iter("skipped")]
    no_recordings += sum("LOCAL_VOICE_SHARED" in reason for reason in reasons)
print(f"{no_recordings} tests skipped: no shared recordings (LOCAL_VOICE_SHARED)")
