"""Cuts a neural network's file (ONNX) into parts that can be run one after the other, each over as much as is wanted.

Knows the file's outer form, which is protobuf's, and nothing of what the network does. The weights stay where they are:
a part names their places in the file it was cut from, and onnxruntime maps them from there. So a part is small, no
weight is in memory twice, and what is not used takes none.
"""

import mmap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import onnxruntime

from gateway.errors import ModelError

MODEL_GRAPH: Final = 7
GRAPH_NODE, GRAPH_NAME, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 1, 2, 5, 11, 12
NODE_INPUT, NODE_OUTPUT, NODE_NAME, NODE_OPERATOR = 1, 2, 3, 4
TENSOR_NAME, TENSOR_RAW_DATA, TENSOR_EXTERNAL_DATA, TENSOR_DATA_LOCATION = 8, 9, 13, 14
EXTERNAL: Final = 1
VALUE_NAME, VALUE_TYPE, TYPE_TENSOR, TENSOR_ELEMENT, TENSOR_SHAPE = 1, 2, 1, 1, 2
SHAPE_DIMENSION, DIMENSION_NAME = 1, 2
FLOAT: Final = 1
KEY, VALUE = 1, 2
"""Numbers of fields and values, from onnx.proto."""
VARINT, FIXED_64, LENGTH, FIXED_32 = 0, 1, 2, 5
"""Protobuf's wire types."""
FIXED_BYTES: Final = {FIXED_64: 8, FIXED_32: 4}
SMALL_BYTES: Final = 1_024
"""What is smaller goes into the part itself: onnxruntime looks at such values while it loads."""
FOLDER_OPTION: Final = "session.model_external_initializers_file_folder_path"
DIMENSIONS: Final = 3
"""Of what goes from one part to the next: batch, channel, time."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the network."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class _Field(NamedTuple):
    """A field of a message, by where it lies in the file."""

    number: int
    is_bytes: bool
    first: int
    """Of the field."""
    start: int
    """Of its value."""
    end: int


class Graph:
    """A network as it lies in its file, which is open until `close`."""

    def __init__(self, path: Path) -> None:
        """Raises ModelError for a file that is no such thing, OSError."""
        self._path = path.resolve()
        with self._path.open("rb") as file:
            try:
                self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise ModelError(f"{path}: an empty file") from error
        self._head: list[_Field] = []
        self._inputs: list[_Field] = []
        self._outputs: tuple[str, ...] = ()
        self._weights: dict[str, _Field] = {}
        self._nodes: list[tuple[Node, _Field]] = []
        try:
            self._read()
        except (IndexError, UnicodeDecodeError) as error:
            self.close()
            raise ModelError(f"{path}: no ONNX file") from error
        self._maker = {output: number for number, (node, _) in enumerate(self._nodes) for output in node.outputs}

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; parts that were cut from it are not touched by that."""
        self._file.close()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All operations."""
        return tuple(node for node, _ in self._nodes)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what the network gives."""
        return self._outputs

    def maker(self, value: str) -> Node | None:
        """Return the operation that makes a value; None for inputs and weights."""
        number = self._maker.get(value)
        return None if number is None else self._nodes[number][0]

    def part(self, outputs: Sequence[str], inputs: Sequence[str] = ()) -> Part:
        """Return the part that makes `outputs` from `inputs`; without inputs, from the network's own.

        Both are float32 values; inputs have three dimensions.
        """
        numbers = self._needed(outputs, inputs)
        nodes = [self._nodes[number] for number in sorted(numbers)]
        used = {value for node, _ in nodes for value in node.inputs}
        graph = [self._copy(field) for _, field in nodes]
        graph.append(_bytes(GRAPH_NAME, b"part"))
        graph.extend(self._weight(field) for name, field in self._weights.items() if name in used)
        graph.extend(_value(GRAPH_INPUT, name, dimensions=DIMENSIONS) for name in inputs)
        graph.extend(self._copy(field) for field in ([] if inputs else self._inputs))
        graph.extend(_value(GRAPH_OUTPUT, name) for name in outputs)  # their shape follows from the inputs
        model = b"".join([*map(self._copy, self._head), _bytes(MODEL_GRAPH, b"".join(graph))])
        return Part(model=model, folder=self._path.parent)

    def _needed(self, outputs: Sequence[str], inputs: Collection[str]) -> set[int]:
        """Return the numbers of the nodes that stand between these values."""
        needed: set[int] = set()
        wanted = list(outputs)
        while wanted:
            value = wanted.pop()
            number = None if value in inputs else self._maker.get(value)
            if number is not None and number not in needed:
                needed.add(number)
                wanted.extend(self._nodes[number][0].inputs)
        return needed

    def _read(self) -> None:
        graph = None
        for field in self._fields(0, len(self._file)):
            if field.number == MODEL_GRAPH and field.is_bytes:
                graph = field
            else:
                self._head.append(field)
        if graph is None:
            raise IndexError("there is no graph")
        outputs: list[str] = []
        for field in self._fields(graph.start, graph.end):
            if field.number == GRAPH_NODE:
                self._nodes.append((self._node(field), field))
            elif field.number == GRAPH_INITIALIZER:
                self._weights[self._texts(field, TENSOR_NAME)[0]] = field
            elif field.number == GRAPH_INPUT:
                self._inputs.append(field)
            elif field.number == GRAPH_OUTPUT:
                outputs += self._texts(field, VALUE_NAME)
        self._outputs = tuple(outputs)

    def _node(self, field: _Field) -> Node:
        return Node(
            name="".join(self._texts(field, NODE_NAME)),
            operator="".join(self._texts(field, NODE_OPERATOR)),
            inputs=tuple(self._texts(field, NODE_INPUT)),
            outputs=tuple(self._texts(field, NODE_OUTPUT)),
        )

    def _weight(self, tensor: _Field) -> bytes:
        """Return a weight that says where its values lie, instead of having them; a small one has them."""
        fields = []
        for field in self._fields(tensor.start, tensor.end):
            size = field.end - field.start
            if field.number != TENSOR_RAW_DATA or size <= SMALL_BYTES:
                fields.append(self._copy(field))
                continue
            place = {"location": self._path.name, "offset": str(field.start), "length": str(size)}
            fields.extend(
                _bytes(TENSOR_EXTERNAL_DATA, _bytes(KEY, key.encode()) + _bytes(VALUE, value.encode()))
                for key, value in place.items()
            )
            fields.append(_number(TENSOR_DATA_LOCATION, EXTERNAL))
        return _bytes(GRAPH_INITIALIZER, b"".join(fields))

    def _texts(self, message: _Field, number: int) -> list[str]:
        fields = self._fields(message.start, message.end)
        return [self._file[field.start : field.end].decode() for field in fields if field.number == number]

    def _copy(self, field: _Field) -> bytes:
        return self._file[field.first : field.end]

    def _fields(self, start: int, end: int) -> Iterator[_Field]:
        """Yield the fields of the message between two places. Raises IndexError where they do not fit into it."""
        at = start
        while at < end:
            key, value = self._varint(at)
            wire = key & 7
            if wire == VARINT:
                _, after = self._varint(value)
            elif wire == LENGTH:
                length, value = self._varint(value)
                after = value + length
            elif wire in FIXED_BYTES:
                after = value + FIXED_BYTES[wire]
            else:
                raise IndexError("a field of no known kind")
            if after > end:
                raise IndexError("a field ends after the message that it is in")
            yield _Field(key >> 3, wire == LENGTH, at, value, after)
            at = after

    def _varint(self, at: int) -> tuple[int, int]:
        """Return the number that begins here, and where it ends."""
        number = shift = 0
        while True:
            byte = self._file[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number, at


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network, as an ONNX file of its own; the weights are in `folder`."""

    model: bytes
    folder: Path

    def session(self, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
        """Return what runs it. Raises what onnxruntime raises."""
        options.add_session_config_entry(FOLDER_OPTION, str(self.folder))
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])


def _value(field: int, name: str, *, dimensions: int = 0) -> bytes:
    """Return the description of a float32 value, of no known shape where it has no dimensions."""
    tensor = _number(TENSOR_ELEMENT, FLOAT)
    if dimensions:
        names = [f"{name}_{number}".encode() for number in range(dimensions)]
        shape = b"".join(_bytes(SHAPE_DIMENSION, _bytes(DIMENSION_NAME, name)) for name in names)
        tensor += _bytes(TENSOR_SHAPE, shape)
    return _bytes(field, _bytes(VALUE_NAME, name.encode()) + _bytes(VALUE_TYPE, _bytes(TYPE_TENSOR, tensor)))


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | LENGTH) + _varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | VARINT) + _varint(value)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
