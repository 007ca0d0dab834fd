"""A real voice's network, in parts and whole."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gateway.engines import piper_network
from gateway.engines.onnx_graph import Graph
from gateway.engines.piper_network import SAMPLES_A_FRAME, CutNetwork, WholeNetwork, network
from gateway.engines.piper_voice import Piper
from gateway.models import ModelStore
from gateway.paths import models_dir

INAUDIBLE = 1e-4
"""-80 dB of full scale."""


@pytest.fixture(scope="module")
def model() -> Path:
    return ModelStore(models_dir()).find("en_US-joe-medium").main


@pytest.mark.models
def test_stretches_put_together_are_what_the_network_makes_at_once(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piper = Piper(model)
    monkeypatch.setattr(piper._config, "noise_scale", 0.0)  # nothing by chance
    monkeypatch.setattr(piper._config, "noise_w_scale", 0.0)
    ids = piper.sentences("The light in the living room is on.")[0]
    assert isinstance(piper._network, CutNetwork)
    plan = piper.plan(ids)
    monkeypatch.setattr(piper_network, "DECODER", "another")
    whole = network(model)
    assert isinstance(whole, WholeNetwork)
    monkeypatch.setattr(piper, "_network", whole)
    at_once = piper.plan(ids)
    assert plan.frames == at_once.frames
    parts = list(pairwise([0, 31, 64, 100, plan.frames]))
    stretches = [plan.sound(first, last) for first, last in parts]
    assert [len(stretch) for stretch in stretches] == [(last - first) * SAMPLES_A_FRAME for first, last in parts]
    assert np.abs(np.concatenate(stretches) - at_once.sound(0, plan.frames)).max() < INAUDIBLE
    assert plan.end_of(len(ids) - 1) == at_once.end_of(0) == plan.frames
    assert 0 < piper.end_of_words(plan, ids, 3) < plan.frames == piper.end_of_words(plan, ids, 30)


@pytest.mark.models
def test_a_network_that_is_put_together_otherwise_is_left_whole(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Graph(model) as graph:
        assert piper_network._joints(graph) is not None
        monkeypatch.setattr(piper_network, "_OF_NO_PART", re.compile("/Add"))
        assert piper_network._joints(graph) is None
