from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from gateway.engines import onnx_graph
from gateway.engines.onnx_graph import Graph
from gateway.errors import ModelError

CHANNELS = 512
"""Enough for weights that are not copied into a part."""


def message(*fields: tuple[int, bytes | int]) -> bytes:
    return b"".join(
        onnx_graph._number(number, value) if isinstance(value, int) else onnx_graph._bytes(number, value)
        for number, value in fields
    )


def tensor(name: str, values: np.ndarray) -> bytes:
    dimensions = [(1, size) for size in values.shape]
    return message(*dimensions, (2, onnx_graph.FLOAT), (8, name.encode()), (9, values.astype("<f4").tobytes()))


def node(operator: str, inputs: str, output: str) -> tuple[int, bytes]:
    named = [(1, name.encode()) for name in inputs.split()]
    return 1, message(*named, (2, output.encode()), (3, f"/{operator}".encode()), (4, operator.encode()))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Write `out = (in + large) * small`."""
    large = np.arange(CHANNELS, dtype=np.float32).reshape(1, CHANNELS, 1)
    graph = message(
        node("Add", "in large", "middle"),
        node("Mul", "middle small", "out"),
        (2, b"graph"),
        (5, tensor("large", large)),
        (5, tensor("small", np.full((1, 1, 1), 3, dtype=np.float32))),
    )
    graph += onnx_graph._value(onnx_graph.GRAPH_INPUT, "in", dimensions=3)
    graph += onnx_graph._value(onnx_graph.GRAPH_OUTPUT, "out")
    path = tmp_path / "network.onnx"
    path.write_bytes(message((1, 8), (7, graph), (8, message((1, b""), (2, 15)))))
    return path


def run(session: onnxruntime.InferenceSession, output: str, **inputs: np.ndarray) -> np.ndarray:
    result: np.ndarray = session.run([output], inputs)[0]
    return result


def test_two_parts_make_what_the_whole_makes_and_the_weights_stay_in_the_file(network: Path) -> None:
    with Graph(network) as graph:
        first, second = graph.part(["middle"]), graph.part(["out"], ["middle"])
        assert graph.outputs == ("out",)
        assert [one.operator for one in graph.nodes] == ["Add", "Mul"]
        maker = graph.maker("out")
        assert maker is not None
        assert maker.inputs == ("middle", "small")
        assert graph.maker("in") is None
    assert len(first.model) + len(second.model) < 4 * CHANNELS
    given_in = np.random.default_rng(1).standard_normal((1, CHANNELS, 2)).astype(np.float32)
    whole = run(
        onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"]), "out", **{"in": given_in}
    )
    middle = run(first.session(onnxruntime.SessionOptions()), "middle", **{"in": given_in})
    assert np.array_equal(run(second.session(onnxruntime.SessionOptions()), "out", middle=middle), whole)


@pytest.mark.parametrize(
    "content", [b"", b"not a network", message((1, 8)), b"\x3a\xff\x01", b"\x3a", b"\x08" + b"\xff" * 9]
)
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="other"):
        Graph(path)


def test_fields_that_nobody_here_knows_stay_as_they_are(network: Path) -> None:
    network.write_bytes(network.read_bytes() + b"\x7d1234" + b"\x7912345678")
    with Graph(network) as graph:
        assert graph.part(["out"]).model.startswith(message((1, 8)))
