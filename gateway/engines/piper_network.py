"""Piper's network (VITS), run so that the beginning of a sentence sounds before the end of it is made.

It has three parts. The first plans the whole sentence: which sounds, how long each, with what melody. The second and
third make sound of the plan and take most of the time, and each moment of it depends only on the next few hundred
milliseconds. So the plan is made once, and its sound in stretches as long as somebody needs at the moment. Put together
they are, sample for sample, what the network gives at once: there is no seam to be heard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import numpy as np
import onnxruntime

from gateway.engines.onnx_graph import Graph, Node

DECODER: Final = "/dec/conv_pre/Conv"
"""The first operation that makes sound, as PyTorch names it."""
DURATIONS: Final = "Ceil"
"""The only operation of this kind rounds how long each phoneme lasts."""
_OF_NO_PART: Final = re.compile(r"/[A-Z][A-Za-z]*(_\d+)?")
"""The name of an operation that is in none of the network's modules."""
SAMPLES_A_FRAME: Final = 256
"""In every Piper voice: its spectrograms' hop."""
DECODER_CONTEXT: Final = 12
"""Frames on either side on which a moment depends in the third part; what is beyond changes it by less than -120 dB."""
FLOW_CONTEXT: Final = 32
"""The same in the second: four times four convolutions over five frames. What is beyond does not change it."""

type Values = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Plan(Protocol):
    """A sentence that is to sound."""

    @property
    def frames(self) -> int:
        """How long it lasts, `SAMPLES_A_FRAME` each."""

    def end_of(self, phoneme: int) -> int:
        """Return the frame at which a phoneme is over, by its place among the ids; of the last, where nobody knows."""

    def sound(self, first: int, last: int) -> Values:
        """Return the samples from one frame to before another, -1 to 1."""


class Network(Protocol):
    """Runs a voice."""

    def plan(self, inputs: Mapping[str, np.ndarray]) -> Plan:
        """Return what a sentence is to sound like; `inputs` are as Piper has them."""


def network(path: Path) -> Network:
    """Return the network of a voice, in parts where it has those that we know. Raises what onnxruntime raises."""
    with Graph(path) as graph:
        joints = _joints(graph)
        return WholeNetwork(path) if joints is None else CutNetwork(graph, joints)


@dataclass(frozen=True, slots=True)
class Joints:
    """The names of the values at which the network is cut."""

    flow_input: str
    """What the plan says of each frame."""
    mask: str
    """1 for each frame of the sentence."""
    decoder_input: str
    durations: str
    """Of each phoneme, in frames."""
    sound: str


def _joints(graph: Graph) -> Joints | None:
    """Return where to cut; None for a network that is put together otherwise, one of several speakers, say."""
    durations = [node.outputs[0] for node in graph.nodes if node.operator == DURATIONS]
    first = next((node for node in graph.nodes if node.name == DECODER), None)
    if first is None or len(durations) != 1 or len(graph.outputs) != 1:
        return None
    last = graph.maker(first.inputs[0])
    between = {} if last is None else _values_before(graph, last)
    masks = [name for name, node in between.items() if node.operator == "Cast"]
    plans = [name for name, node in between.items() if node.operator == "Add"]
    if len(between) != 2 or len(masks) != 1 or len(plans) != 1:
        return None
    return Joints(
        flow_input=plans[0],
        mask=masks[0],
        decoder_input=first.inputs[0],
        durations=durations[0],
        sound=graph.outputs[0],
    )


def _values_before(graph: Graph, last: Node) -> dict[str, Node]:
    """Return what goes into the module before `last`, each with the operation that makes it."""
    found: dict[str, Node] = {}
    wanted, seen = list(last.inputs), set(last.inputs)
    while wanted:
        value = wanted.pop()
        node = graph.maker(value)
        if node is None or node.operator == "Constant":
            continue
        if _OF_NO_PART.fullmatch(node.name):
            found[value] = node
            continue
        wanted.extend(set(node.inputs) - seen)
        seen.update(node.inputs)
    return found


class CutNetwork:
    """One in three parts."""

    def __init__(self, graph: Graph, joints: Joints) -> None:
        """Raises what onnxruntime raises."""
        self._joints = joints
        # the first part is thousands of tiny operations: a second thread would only wait
        self._planning = graph.part((joints.flow_input, joints.durations)).session(options(threads=1))
        self._flow = graph.part((joints.decoder_input,), (joints.flow_input, joints.mask)).session(options())
        self._decoder = graph.part((joints.sound,), (joints.decoder_input,)).session(options())

    def plan(self, inputs: Mapping[str, np.ndarray]) -> Plan:
        """Return what a sentence is to sound like."""
        plan, durations = self._planning.run([self._joints.flow_input, self._joints.durations], dict(inputs))
        return _CutPlan(self, cast("Values", plan), np.cumsum(durations.reshape(-1)).astype(int))

    def smoothed(self, plan: Values) -> Values:
        """Return what the third part needs of some frames; those at the ends lack what is beyond them."""
        mask = np.ones((1, 1, plan.shape[2]), dtype=np.float32)
        inputs = {self._joints.flow_input: plan, self._joints.mask: mask}
        return cast("Values", self._flow.run([self._joints.decoder_input], inputs)[0])

    def decoded(self, frames: Values) -> Values:
        """Return the samples of some frames, with the same reservation."""
        return cast("Values", self._decoder.run([self._joints.sound], {self._joints.decoder_input: frames})[0])


class _CutPlan:
    """Of a network in three parts."""

    def __init__(self, cut: CutNetwork, plan: Values, ends: np.ndarray) -> None:
        self._cut = cut
        self._plan = plan
        self._ends = ends
        self.frames: int = plan.shape[2]

    def end_of(self, phoneme: int) -> int:
        return int(self._ends[phoneme])

    def sound(self, first: int, last: int) -> Values:
        start, end = max(first - DECODER_CONTEXT, 0), min(last + DECODER_CONTEXT, self.frames)
        before, after = max(start - FLOW_CONTEXT, 0), min(end + FLOW_CONTEXT, self.frames)
        smooth = self._cut.smoothed(self._plan[:, :, before:after])[:, :, start - before : end - before]
        samples = self._cut.decoded(np.ascontiguousarray(smooth)).reshape(-1)
        return samples[(first - start) * SAMPLES_A_FRAME : (last - start) * SAMPLES_A_FRAME]


class WholeNetwork:
    """One that cannot be cut: a sentence sounds when all of it is made."""

    def __init__(self, path: Path) -> None:
        """Raises what onnxruntime raises."""
        self._session = onnxruntime.InferenceSession(str(path), options(), providers=["CPUExecutionProvider"])

    def plan(self, inputs: Mapping[str, np.ndarray]) -> Plan:
        """Return a sentence that has been made."""
        return _WholePlan(cast("Values", self._session.run(None, dict(inputs))[0]).reshape(-1))


class _WholePlan:
    """Of a network that was not cut."""

    def __init__(self, samples: Values) -> None:
        self._samples = samples
        self.frames = -(-len(samples) // SAMPLES_A_FRAME)

    def end_of(self, phoneme: int) -> int:
        del phoneme
        return self.frames

    def sound(self, first: int, last: int) -> Values:
        return self._samples[first * SAMPLES_A_FRAME : last * SAMPLES_A_FRAME]


def options(threads: int = 0) -> onnxruntime.SessionOptions:
    """Return how to run a model: with so many threads, 0 for one for each core, and with memory that stays flat.

    onnxruntime would keep its own and let it grow step by step with ever longer replies. Threads that have nothing to
    do sleep: beside us somebody listens, recognises, and acts.
    """
    chosen = onnxruntime.SessionOptions()
    chosen.enable_cpu_mem_arena = False
    chosen.enable_mem_pattern = False
    chosen.intra_op_num_threads = threads
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return chosen
