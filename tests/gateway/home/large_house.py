"""A house as large as any that is promised to work: 2,000 things with names such as people give, in 40 areas."""

import itertools

from gateway.house import Area, AttributeValue, Entity, Floor, House

FLOORS = ("Cellar", "Ground Floor", "First Floor", "Attic Floor")
ROOMS = (
    *("Kitchen", "Pantry", "Dining Room", "Living Room", "Hallway", "Entrance", "Study", "Library", "Guest Room"),
    *("Bedroom", "Nursery", "Bathroom", "Guest Bathroom", "Shower Room", "Laundry Room", "Workshop", "Garage"),
    *("Carport", "Garden", "Terrace", "Balcony", "Conservatory", "Greenhouse", "Wine Cellar", "Boiler Room"),
    *("Storage Room", "Gym", "Sauna", "Home Cinema", "Music Room", "Playroom", "Landing", "Attic", "Dressing Room"),
    *("Utility Room", "Server Room", "Summer Kitchen", "Pool House", "Shed", "Driveway"),
)
THINGS: tuple[tuple[str, str, dict[str, AttributeValue]], ...] = (
    ("light", "Ceiling Light", {"supported_color_modes": ("color_temp", "rgb")}),
    ("light", "Floor Lamp", {}),
    ("light", "Reading Lamp", {}),
    ("light", "Strip", {}),
    ("switch", "Coffee Machine", {}),
    ("switch", "Fan Socket", {}),
    ("cover", "Left Blind", {"device_class": "blind"}),
    ("cover", "Right Shutter", {"device_class": "shutter"}),
    ("binary_sensor", "Window", {"device_class": "window"}),
    ("binary_sensor", "Motion", {"device_class": "motion"}),
    ("sensor", "Temperature", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    ("sensor", "Humidity", {"device_class": "humidity", "unit_of_measurement": "%"}),
    ("sensor", "Power", {"device_class": "power", "unit_of_measurement": "W"}),
    ("climate", "Radiator", {"temperature": 20}),
    ("media_player", "Speaker", {}),
    ("fan", "Fan", {}),
    ("scene", "Evening", {}),
    ("script", "Good Night Routine", {}),
    ("lock", "Door Lock", {}),
    ("vacuum", "Robot", {}),
)
STATES = {"light": "off", "sensor": "21.5", "lock": "locked", "cover": "closed"}


def large_house(entities: int = 2_000) -> House:
    """Return a house with that many things; every third one has another name besides."""
    areas = tuple(
        Area(
            id=room.casefold().replace(" ", "_"),
            name=room,
            aliases=(f"The {room} Area",) if number % 2 else (),
            floor_id=FLOORS[number % len(FLOORS)].casefold().replace(" ", "_"),
        )
        for number, room in enumerate(ROOMS)
    )
    numbered = itertools.count()
    places = ((round_, area, thing) for round_ in itertools.count(1) for thing in THINGS for area in areas)
    return House(
        name="large",
        floors=tuple(Floor(id=floor.casefold().replace(" ", "_"), name=floor) for floor in FLOORS),
        areas=areas,
        entities=tuple(
            _entity(next(numbered), area, thing, round_) for round_, area, thing in itertools.islice(places, entities)
        ),
    )


def _entity(number: int, area: Area, thing: tuple[str, str, dict[str, AttributeValue]], round_: int) -> Entity:
    domain, kind, attributes = thing
    name = f"{area.name} {kind}" + (f" {round_}" if round_ > 1 else "")
    return Entity(
        id=f"{domain}.thing_{number}",
        name=name,
        aliases=(f"{kind} of the {area.name}" + (f" number {round_}" if round_ > 1 else ""),)
        if number % 3 == 0
        else (),
        area_id=area.id,
        state=STATES.get(domain, "off"),
        attributes=attributes,
    )
