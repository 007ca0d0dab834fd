"""How what is protected is spoken of, by language. Data; `policy` chooses, and `yes` knows what people answer.

In a language that is not here a protected action is refused: nobody could say yes to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

RUN_DOMAINS: Final = frozenset({"automation", "button", "input_button", "scene", "script"})
"""What is run, rather than turned on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language's."""

    verbs: Mapping[str, str]
    """What is done, by the state that it leads to."""
    change: str
    """What is done, where no word says what the state is."""
    deed: str
    """With `{verb}` and the `{name}` of a thing."""
    deed_of_kind: str
    """With `{verb}` and a `{kind}`."""
    kinds: Mapping[str, str]
    """What it is done to where nobody told us which thing it is: by a cover's device class, otherwise by domain."""
    run: str
    """What is done with a scene or script, with `{name}`."""
    both: str
    """Between two deeds."""
    question: str
    """With `{deeds}`."""
    pin: str
    """The question for the PIN."""
    refused: Mapping[str, str]
    """What is said where something is not done, by `policy.Refusal`."""


def _verbs(unlock: str, open_: str, close: str, disarm: str, on: str, off: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            **dict.fromkeys(("unlocked", "unlocking"), unlock),
            **dict.fromkeys(("open", "opening"), open_),
            **dict.fromkeys(("closed", "closing"), close),
            "disarmed": disarm,
            "on": on,
            "off": off,
        }
    )


WORDINGS: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        "en": Wording(
            verbs=_verbs("unlock", "open", "close", "disarm", "turn on", "turn off"),
            change="change",
            deed="{verb} the {name}",
            deed_of_kind="{verb} {kind}",
            kinds={
                "alarm_control_panel": "the alarm",
                "door": "a door",
                "garage": "a garage door",
                "gate": "a gate",
                "lock": "a lock",
                "valve": "a valve",
            },
            run="run {name}",
            both=" and ",
            question="Should I {deeds}?",
            pin="What is the PIN? Say it digit by digit.",
            refused={
                "not_confirmed": "Okay, I left it as it is.",
                "never_by_voice": "I never do that by voice.",
                "not_from_here": "That can't be asked for from here.",
                "wrong_pin": "That PIN is not right, so I left it as it is.",
                "pin_locked": "There were too many wrong PINs. Try again in a few minutes.",
                "no_pin": "That needs a PIN, and none is set in Home Assistant.",
                "pin_later": "That needs the PIN, so it can't be done later.",
            },
        ),
        "de": Wording(
            verbs=_verbs("aufschließen", "öffnen", "schließen", "unscharf schalten", "einschalten", "ausschalten"),
            change="verändern",
            deed="{name} {verb}",
            deed_of_kind="{kind} {verb}",
            kinds={
                "alarm_control_panel": "die Alarmanlage",
                "door": "eine Tür",
                "garage": "ein Garagentor",
                "gate": "ein Tor",
                "lock": "ein Schloss",
                "valve": "ein Ventil",
            },
            run="{name} ausführen",
            both=" und ",
            question="Soll ich {deeds}?",
            pin="Wie lautet die PIN? Sag sie Ziffer für Ziffer.",
            refused={
                "not_confirmed": "Okay, ich lasse es, wie es ist.",
                "never_by_voice": "Das mache ich nie auf Zuruf.",
                "not_from_here": "Das geht von hier aus nicht.",
                "wrong_pin": "Diese PIN stimmt nicht, ich lasse es, wie es ist.",
                "pin_locked": "Es waren zu viele falsche PINs. Versuch es in ein paar Minuten wieder.",
                "no_pin": "Das braucht eine PIN, und in Home Assistant ist keine gesetzt.",
                "pin_later": "Das braucht die PIN, darum geht es nicht später.",
            },
        ),
        "fr": Wording(
            verbs=_verbs("déverrouiller", "ouvrir", "fermer", "désarmer", "allumer", "éteindre"),
            change="modifier",
            deed="{verb} {name}",
            deed_of_kind="{verb} {kind}",
            kinds={
                "alarm_control_panel": "l'alarme",
                "door": "une porte",
                "garage": "une porte de garage",
                "gate": "un portail",
                "lock": "une serrure",
                "valve": "une vanne",
            },
            run="exécuter {name}",
            both=" et ",
            question="Dois-je {deeds} ?",
            pin="Quel est le code PIN ? Dis-le chiffre par chiffre.",
            refused={
                "not_confirmed": "D'accord, je n'ai rien changé.",
                "never_by_voice": "Je ne fais jamais cela à la voix.",
                "not_from_here": "Cela ne peut pas être demandé d'ici.",
                "wrong_pin": "Ce code PIN n'est pas le bon, je n'ai rien changé.",
                "pin_locked": "Il y a eu trop de codes PIN erronés. Réessaie dans quelques minutes.",
                "no_pin": "Il faut un code PIN, et aucun n'est défini dans Home Assistant.",
                "pin_later": "Il faut le code PIN, cela ne peut donc pas être fait plus tard.",
            },
        ),
        "es": Wording(
            verbs=_verbs("desbloquear", "abrir", "cerrar", "desarmar", "encender", "apagar"),
            change="cambiar",
            deed="{verb} {name}",
            deed_of_kind="{verb} {kind}",
            kinds={
                "alarm_control_panel": "la alarma",
                "door": "una puerta",
                "garage": "una puerta de garaje",
                "gate": "un portón",
                "lock": "una cerradura",
                "valve": "una válvula",
            },
            run="ejecutar {name}",
            both=" y ",
            question="¿Debo {deeds}?",
            pin="¿Cuál es el PIN? Dilo dígito a dígito.",
            refused={
                "not_confirmed": "De acuerdo, lo he dejado como estaba.",
                "never_by_voice": "Eso nunca lo hago por voz.",
                "not_from_here": "Eso no se puede pedir desde aquí.",
                "wrong_pin": "Ese PIN no es correcto, lo he dejado como estaba.",
                "pin_locked": "Ha habido demasiados PIN incorrectos. Inténtalo de nuevo en unos minutos.",
                "no_pin": "Hace falta un PIN, y no hay ninguno en Home Assistant.",
                "pin_later": "Hace falta el PIN, así que no se puede hacer más tarde.",
            },
        ),
        "it": Wording(
            verbs=_verbs("sbloccare", "aprire", "chiudere", "disinserire", "accendere", "spegnere"),
            change="modificare",
            deed="{verb} {name}",
            deed_of_kind="{verb} {kind}",
            kinds={
                "alarm_control_panel": "l'allarme",
                "door": "una porta",
                "garage": "una porta del garage",
                "gate": "un cancello",
                "lock": "una serratura",
                "valve": "una valvola",
            },
            run="eseguire {name}",
            both=" e ",
            question="Devo {deeds}?",
            pin="Qual è il PIN? Dillo cifra per cifra.",
            refused={
                "not_confirmed": "Va bene, ho lasciato tutto com'è.",
                "never_by_voice": "Questo non lo faccio mai a voce.",
                "not_from_here": "Da qui non si può chiedere.",
                "wrong_pin": "Questo PIN non è giusto, ho lasciato tutto com'è.",
                "pin_locked": "Ci sono stati troppi PIN sbagliati. Riprova tra qualche minuto.",
                "no_pin": "Serve un PIN, e in Home Assistant non ce n'è nessuno.",
                "pin_later": "Serve il PIN, quindi non si può fare più tardi.",
            },
        ),
        "nl": Wording(
            verbs=_verbs("ontgrendelen", "openen", "sluiten", "uitschakelen", "aanzetten", "uitzetten"),
            change="veranderen",
            deed="{name} {verb}",
            deed_of_kind="{kind} {verb}",
            kinds={
                "alarm_control_panel": "het alarm",
                "door": "een deur",
                "garage": "een garagedeur",
                "gate": "een poort",
                "lock": "een slot",
                "valve": "een klep",
            },
            run="{name} uitvoeren",
            both=" en ",
            question="Zal ik {deeds}?",
            pin="Wat is de pincode? Zeg hem cijfer voor cijfer.",
            refused={
                "not_confirmed": "Oké, ik heb het zo gelaten.",
                "never_by_voice": "Dat doe ik nooit op spraak.",
                "not_from_here": "Dat kan niet vanaf hier worden gevraagd.",
                "wrong_pin": "Die pincode klopt niet, ik heb het zo gelaten.",
                "pin_locked": "Er waren te veel verkeerde pincodes. Probeer het over een paar minuten opnieuw.",
                "no_pin": "Daar is een pincode voor nodig, en die is er niet in Home Assistant.",
                "pin_later": "Daar is de pincode voor nodig, dus later kan het niet.",
            },
        ),
    }
)

HOME_IS_AWAY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "Home Assistant does not answer.",
        "de": "Home Assistant antwortet nicht.",
        "fr": "Home Assistant ne répond pas.",
        "es": "Home Assistant no responde.",
        "nl": "Home Assistant antwoordt niet.",
        "it": "Home Assistant non risponde.",
    }
)
"""What is said where nothing can be done."""
