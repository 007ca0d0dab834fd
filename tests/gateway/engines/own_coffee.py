"""A household that orders coffee, waters plants and wakes a cat, in sentences of its own."""

from typing import Final

from gateway.house import Area, Entity, House
from gateway.own_sentences import ListValue, NumberRange, OwnSentences, SentenceBlock, SentenceList, SentenceRule

DRINKS: Final = ("cappuccino", "mocha", "americano", "iced coffee")
COFFEE: Final = OwnSentences(
    blocks=(
        SentenceBlock(intent="OrderCoffee", sentences=("<order> [a] [{size}] {drink} [with {milk}]",)),
        SentenceBlock(intent="Brew", sentences=("brew {1..9:cups} cups", "brew {liters} liters"), slots={"now": True}),
        SentenceBlock(
            intent="HassTurnOn", sentences=("let there be light",), slots={"domain": "light", "name": "Lamp"}
        ),
        SentenceBlock(
            intent="WaterPlants",
            sentences=("water the {plant}",),
            requires={"area": None},
            slots_from={"area": "place"},
            scope=4,
        ),
        SentenceBlock(intent="Note", sentences=("note down {words}",), response="noted"),
        SentenceBlock(intent="", sentences=("good [evening|night] house", "wake {who} now")),
    ),
    lists=(
        SentenceList(
            name="size",
            values=(
                ListValue(text="(sixteen|16)[ |-]ounce", value="sixteen ounce"),
                ListValue(text="small", value="small"),
            ),
        ),
        SentenceList(
            name="drink",
            values=tuple(
                ListValue(text=text, value=text) for text in ("cappuccino", "mocha", "americano", "iced coffee")
            ),
        ),
        SentenceList(name="milk", values=(ListValue(text="[(a bit of|lots of) ]soy milk", value=None),)),
        SentenceList(name="liters", numbers=NumberRange(first=1, last=5)),
        SentenceList(name="plant", scope=4, values=(ListValue(text="fern", value="fern"),)),
        SentenceList(name="words", is_wildcard=True),
        SentenceList(name="color", values=(ListValue(text="dusk", value="dusk"),)),
    ),
    rules=(SentenceRule(name="order", text="(order|bring me|i'd like|can i have)"),),
    skip_words=("kindly",),
)
HOUSE: Final = House(
    name="test",
    areas=(Area(id="kitchen", name="Kitchen"),),
    entities=(
        Entity(id="light.lamp", name="Lamp", area_id="kitchen", state="on"),
        Entity(id="lock.door", name="Front Door", area_id="kitchen", state="locked"),
    ),
    sentences=COFFEE,
)
