"""Names that the benchmark knows too."""

DOMAIN = "lv_bench_house"
FURNITURE = "lv_bench_house.json"
"""In the configuration folder: what there is, as a list of objects with `id`, `name` and `attributes`. What has a
`state` is only told of."""
BECOME = "become"
"""The action that puts everything into the same condition as often as it is asked."""
RECOGNIZE = "recognize"
"""The WebSocket command that tells what Home Assistant's own agent takes sentences for."""
RESTING, WORKING = "resting", "working"
"""Everything off and closed; everything on and open."""
