"""Speech synthesis: espeak-ng, for the languages that there is no Piper voice for. A program, where it is installed.

It sounds like a robot, and speaks a hundred languages in a few megabytes. Each clause is a process of its own, which
needs no socket, may crash, and can be ended. It reads the text from its input: a command line is there for all to see.
"""

import asyncio
import logging
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from typing import cast

from gateway.engines.clauses import clauses
from gateway.errors import EngineError, ModelError
from gateway.events import Sound
from gateway.offer import ROBOT, Voice

PROGRAM = "espeak-ng"
INSTALL = f"sudo apt install {PROGRAM}"
RATE_HZ = 22_050
LIST_S = 5.0
"""To list its voices takes it a hundredth of a second."""
CLAUSE_S = 10.0
"""To speak a clause takes it about as long."""
LARGEST_BYTES = 32 * 1024 * 1024
"""Six minutes of sound: more than the longest text that is taken at once."""
HEADER_BYTES = 44
"""A WAV's, with lengths that mean nothing, as the program writes before it knows them."""
_ALIAS = re.compile(r"\(([A-Za-z-]+) (\d+)\)")

_LOG = logging.getLogger(__name__)


class EspeakTextToSpeech:
    """One language of espeak-ng."""

    def __init__(self, voice: str) -> None:
        """`voice` is the id of one of `espeak_voices`. Raises ModelError where the program is not installed."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise ModelError(f"the voice {voice} needs the program {PROGRAM}: {INSTALL}")
        self._command = (program, "-v", voice.removeprefix(ROBOT), "-b", "1", "--stdin", "--stdout")

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Yield the sound of each clause as soon as it is ready. Raises EngineError where the program fails."""
        for clause in clauses(text):
            yield Sound(rate_hz=RATE_HZ, pcm=await self._synthesize(clause))

    async def prepare(self, text: str) -> None:
        """Do nothing: a clause takes the program a few milliseconds, and none of its sound is worth keeping."""
        del text

    async def _synthesize(self, clause: str) -> bytes:
        try:
            async with asyncio.timeout(CLAUSE_S):
                return await self._said(clause)
        except TimeoutError as error:
            raise EngineError(f"{PROGRAM} did not speak a clause within {CLAUSE_S:.0f} s") from error
        except OSError as error:
            raise EngineError(f"{PROGRAM} could not be started ({error.strerror})") from error

    async def _said(self, clause: str) -> bytes:
        """Return the sound of a clause; whoever is cancelled meanwhile ends the program, too."""
        loop = asyncio.get_running_loop()
        program, output = await loop.subprocess_exec(_Output, *self._command, stderr=subprocess.DEVNULL)
        try:
            text = cast("asyncio.WriteTransport", program.get_pipe_transport(0))
            text.write(clause.encode("utf-8", errors="replace"))
            text.write_eof()
            wav = await output.whole
        finally:
            program.close()  # kills it where it still runs
            await output.is_gone.wait()
        code = program.get_returncode()
        if code != 0:
            raise EngineError(f"{PROGRAM} failed while it was speaking (exit code {code})")
        return wav[HEADER_BYTES:]


class _Output(asyncio.SubprocessProtocol):
    """What the program writes, until it has ended and all of it was read."""

    def __init__(self) -> None:
        self._written = bytearray()
        self.whole: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.is_gone = asyncio.Event()

    def pipe_data_received(self, _descriptor: int, data: bytes) -> None:
        self._written += data
        if len(self._written) > LARGEST_BYTES and not self.whole.done():
            self.whole.set_exception(EngineError(f"{PROGRAM} made more than {LARGEST_BYTES} bytes of one clause"))

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_gone.set()
        if not self.whole.done():
            self.whole.set_result(bytes(self._written))


def espeak_voices() -> tuple[Voice, ...]:
    """Return a voice for each language that espeak-ng speaks; none where it is not installed, or does not answer."""
    program = shutil.which(PROGRAM)
    if program is None:
        return ()
    try:
        listed = subprocess.run(  # noqa: S603 - a fixed command, no shell
            [program, "--voices"], capture_output=True, check=True, timeout=LIST_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        _LOG.warning("%s is installed and does not list its voices: %s", PROGRAM, type(error).__name__)
        return ()
    return parsed_voices(listed.stdout.decode("utf-8", errors="replace"))


def parsed_voices(listed: str) -> tuple[Voice, ...]:
    """Return the voices in what `espeak-ng --voices` writes, one a language.

    A language that only another name of a voice stands for ("zh" for Mandarin) is listed, too.
    """
    names: dict[str, str] = {}
    aliases: dict[str, tuple[int, str]] = {}
    for language, name, others in _rows(listed):
        names.setdefault(language, name)
        for alias, distance in _ALIAS.findall(others):
            aliases[alias] = min((int(distance), name), aliases.get(alias, (int(distance), name)))
    spoken = {language.partition("-")[0] for language in names}
    names |= {alias: name for alias, (_, name) in aliases.items() if alias not in spoken and "-" not in alias}
    return tuple(
        Voice(id=f"{ROBOT}{language}", name=f"eSpeak {name}", language=_bcp47(language))
        for language, name in sorted(names.items())
    )


def _rows(listed: str) -> Iterator[tuple[str, str, str]]:
    """Yield the language, the name and the other languages of each voice."""
    for line in listed.splitlines()[1:]:  # the first has the headings
        columns = line.split(maxsplit=5)
        # priority, language, age and gender, name, file; a language in capitals is not found again by its own name
        if len(columns) > 4 and columns[1].islower():
            yield columns[1], columns[3].replace("_", " ").strip(), " ".join(columns[5:])


def _bcp47(language: str) -> str:
    """Return a language's tag as it is written: `en-us` is `en-US`."""
    first, *others = language.split("-")
    private = others.index("x") if "x" in others else len(others)
    regions = [
        {2: part.upper(), 4: part.title()}.get(len(part), part) if place < private else part
        for place, part in enumerate(others)
    ]
    return "-".join([first, *regions])
