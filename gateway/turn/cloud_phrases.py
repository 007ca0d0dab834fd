"""What people say to have the cloud asked, or not asked after all, by language. Data; `cloud` decides by it.

Patterns are looked for at the beginning of what was said, in small and capital letters alike; whole sentences are
compared as plain words. The cloud is called as in speech, or as recognition spells it where it does not know the word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

NOTHING: Final = r"(?!)"
"""Matches nowhere."""
_CLOUD: Final = r"[ck]l(?:ou|au|ouw|auw|u)(?:d|t|dt)(?:e|s)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's."""

    openings: str
    """What may stand before anything, and says nothing."""
    asks: str
    """What has the cloud asked; what follows is for it."""
    then: str
    """What may stand before that, and is no part of it, as in "ask the cloud to"."""
    listens: frozenset[str]
    """What follows where the cloud is to hear again what was said before."""
    forgets: frozenset[str]
    """Whole sentences that take back what was asked for."""
    politeness: str
    """What may stand before a request, which then is one only by what follows."""
    questions: frozenset[str]
    """How questions, and requests to know something, begin."""


PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "en": Phrases(
            openings=r"(?:ok|okay|hey|hi|hello|well|so|um+|uh+|and|now|then|alright|all right|oh|yes|yeah|please|just|"
            r"(?:can|could|would|will) you|i (?:want|need) you to|i(?:'d| would) like you to|let's)",
            asks=rf"ask(?:ed|s|ing)? (?:to )?(?:the |a |my )?{_CLOUD}(?: please)?",
            then=r"to(?!\w)",
            listens=frozenset(
                {
                    *("listen", "listen again", "listen to it", "listen to it again", "listen to that"),
                    *("listen to that again", "listen to me", "listen to me again", "listen once more"),
                    *("what i said", "what i just said", "what did i say", "what did i just say", "what i have said"),
                    *("what i ve said", "what i was saying", "what it was i said"),
                }
            ),
            forgets=frozenset(
                {
                    *("forget that", "forget it", "forget about that", "forget about it"),
                    *("cancel that", "cancel it", "take that back", "don t send it", "don t send that"),
                    *("do not send it", "do not send that", "don t ask", "don t ask the cloud", "forget the cloud"),
                }
            ),
            politeness=r"(?:(?:can|could|would|will) you|please|i (?:want|need) you to|i(?:'d| would) like you to)",
            questions=frozenset(
                {
                    *("who", "whose", "whom", "what", "when", "where", "why", "which", "how"),
                    *("is", "are", "was", "were", "where s", "how s", "when s", "who s", "what s"),
                    *("do", "does", "did", "has", "have", "should"),
                    *("tell me", "tell us", "tell a", "explain", "give me", "give us", "list", "name", "describe"),
                    *("define", "write", "translate", "convert", "calculate", "look up", "find out", "recommend"),
                    *("suggest", "help me", "compare", "spell", "summarize", "summarise", "i want to know"),
                    *("i wonder", "do you know"),
                }
            ),
        ),
        "de": Phrases(
            openings=r"(?:ok|okay|hey|hallo|also|na|so|ähm?|und|dann|jetzt|ja|bitte|mal|"
            r"(?:kannst|könntest|würdest) du)",
            asks=rf"(?:frage?|fragt|fragen sie|frag doch)(?: bitte)?(?: doch)?(?: mal)?(?: bei)? (?:die |der |in der )?"
            rf"(?:{_CLOUD}|wolke)(?: bitte)?(?: mal)?|(?:die |der )?(?:{_CLOUD}|wolke)(?: bitte)?(?: mal)? fragen",
            then=NOTHING,
            listens=frozenset(
                {
                    *("zuzuhören", "noch einmal zuzuhören", "noch mal zuzuhören", "nochmal zuzuhören", "hör zu"),
                    *("hör noch einmal zu", "hör nochmal zu", "was ich gesagt habe", "was ich gerade gesagt habe"),
                    *("was ich eben gesagt habe", "was habe ich gesagt", "was hab ich gesagt", "was ich gesagt hab"),
                }
            ),
            forgets=frozenset(
                {
                    *("vergiss das", "vergiss es", "vergiss das wieder", "doch nicht"),
                    *("schick das nicht", "schick es nicht", "sende das nicht", "nicht senden", "nimm das zurück"),
                    *("zurückziehen", "frag nicht", "frag die cloud nicht"),
                }
            ),
            politeness=r"(?:(?:kannst|könntest|würdest) du|bitte)",
            questions=frozenset(
                {
                    *("wer", "wessen", "wem", "wen", "was", "wann", "wo", "woher", "wohin", "womit", "wofür", "woran"),
                    *("warum", "wieso", "weshalb", "wie", "welche", "welcher", "welches", "welchen", "welchem", "ist"),
                    *("sind", "war", "waren", "hat", "haben", "gibt es", "gibt s", "darf", "soll", "muss", "kann man"),
                    *("sag mir", "sag uns", "erzähl", "erzähle", "erklär", "erkläre", "nenn", "nenne", "beschreib"),
                    *("beschreibe", "übersetz", "übersetze", "schreib", "schreibe", "berechne", "rechne", "such"),
                    *("finde heraus", "empfiehl", "schlag mir", "hilf mir", "definiere", "vergleiche", "buchstabiere"),
                    *("fasse zusammen", "ich möchte wissen", "weißt du", "gib mir"),
                    *("mir sagen", "uns sagen", "mir erklären", "mir erzählen", "mir helfen", "mir eine", "mir einen"),
                }
            ),
        ),
        "fr": Phrases(
            openings=r"(?:ok|okay|hé|salut|bon|alors|euh|et|puis|maintenant|oui|s'il te plaît|s'il vous plaît|"
            r"(?:peux|pourrais)[- ]tu|tu peux|est-ce que tu peux)",
            asks=rf"(?:demande[rzs]?|demandes|pose la question|interroge[rz]?) (?:au |à la |à le |le |aux )?"
            rf"(?:{_CLOUD}|nuages?)(?: s'il te plaît)?",
            then=r"de(?!\w)|d'",
            listens=frozenset(
                {
                    *("écouter", "écouter encore", "écouter encore une fois", "écouter à nouveau", "réécouter"),
                    *("ce que j ai dit", "ce que je viens de dire", "qu est ce que j ai dit", "ce que je disais"),
                }
            ),
            forgets=frozenset(
                {
                    *("oublie", "oublie ça", "oublie cela", "laisse tomber", "n envoie rien"),
                    *("ne l envoie pas", "n envoie pas ça", "annule ça", "ne demande pas"),
                }
            ),
            politeness=r"(?:(?:peux|pourrais)[- ]tu|tu peux|est-ce que tu peux|s'il te plaît)",
            questions=frozenset(
                {
                    *("qui", "que", "qu est ce", "quoi", "quand", "où", "pourquoi", "comment", "combien", "quel"),
                    *("quelle", "quels", "quelles", "lequel", "laquelle", "est ce que", "est ce qu", "y a t il"),
                    *("c est quoi", "à quelle", "de quelle", "dis moi", "dis nous", "raconte", "explique", "donne moi"),
                    *("cite", "nomme", "décris", "traduis", "écris", "calcule", "cherche", "trouve", "recommande"),
                    *("propose moi", "aide moi", "définis", "compare", "épelle", "résume", "je voudrais savoir"),
                    *("sais tu", "a quelle", "me dire", "m expliquer", "m aider", "me donner", "me raconter"),
                }
            ),
        ),
        "es": Phrases(
            openings=r"(?:ok|okay|oye|hola|bueno|pues|eh|y|ahora|sí|por favor|(?:puedes|podrías))",
            asks=rf"(?:preg[uú]nta(?:r|le|me|lo|rle)?|preg[uú]ntale|preg[uú]ntele|p[ií]de(?:le)?|consulta(?:r)?) "
            rf"(?:a la |al |con la |la |el |a )?(?:{_CLOUD}|nubes?)(?: por favor)?",
            then=NOTHING,
            listens=frozenset(
                {
                    *("que escuche", "que escuche otra vez", "que escuche de nuevo", "que vuelva a escuchar"),
                    *("qué he dicho", "que he dicho", "lo que he dicho", "qué dije", "que dije", "lo que dije"),
                    *("qué acabo de decir", "lo que acabo de decir", "que acabo de decir"),
                }
            ),
            forgets=frozenset(
                {
                    *("olvídalo", "olvidalo", "olvida eso", "olvídate de eso", "déjalo", "dejalo", "cancela eso"),
                    *("no lo envíes", "no lo mandes", "no preguntes", "no envíes eso"),
                }
            ),
            politeness=r"(?:puedes|podrías|por favor)",
            questions=frozenset(
                {
                    *("quién", "quien", "quiénes", "qué", "que", "cuándo", "cuando", "dónde", "donde", "adónde"),
                    *("por qué", "por que", "cómo", "como", "cuál", "cual", "cuáles", "cuánto", "cuánta", "cuántos"),
                    *("cuántas", "cuanto", "es", "son", "hay", "dime", "cuéntame", "explica", "explícame", "dame"),
                    *("nombra", "describe", "traduce", "escribe", "calcula", "busca", "recomienda", "recomiéndame"),
                    *("ayúdame", "define", "compara", "deletrea", "resume", "quiero saber", "sabes", "a qué", "de qué"),
                    *("en qué", "decirme", "explicarme", "ayudarme", "contarme", "darme"),
                }
            ),
        ),
        "nl": Phrases(
            openings=r"(?:ok|okay|oké|hé|hallo|nou|dus|eh|en|nu|dan|ja|alsjeblieft|(?:kan|kun|zou|wil) je)",
            asks=rf"(?:vraag|vragen|vraagt)(?: het)?(?: eens| even| maar)*(?: aan)? (?:de |het )?(?:{_CLOUD}|wolk)"
            rf"(?: alsjeblieft)?|(?:het )?(?:aan )?(?:de |het )?(?:{_CLOUD}|wolk)(?: eens| even)? vragen",
            then=NOTHING,
            listens=frozenset(
                {
                    *("te luisteren", "om te luisteren", "om opnieuw te luisteren", "opnieuw te luisteren"),
                    *("om nog eens te luisteren", "nog eens te luisteren", "wat ik zei", "wat ik net zei"),
                    *("wat ik gezegd heb", "wat ik heb gezegd", "wat heb ik gezegd", "wat zei ik"),
                }
            ),
            forgets=frozenset(
                {
                    *("vergeet dat", "vergeet het", "vergeet dat maar", "vergeet het maar", "laat maar"),
                    *("stuur dat niet", "stuur het niet", "annuleer dat", "vraag het niet"),
                }
            ),
            politeness=r"(?:(?:kan|kun|zou|wil) je|alsjeblieft)",
            questions=frozenset(
                {
                    *("wie", "wiens", "wat", "wanneer", "waar", "waarom", "waarheen", "waarvoor", "hoe", "hoeveel"),
                    *("welk", "welke", "is", "zijn", "was", "waren", "heeft", "hebben", "mag", "moet", "vertel"),
                    *("leg uit", "geef me", "geef mij", "noem", "beschrijf", "vertaal", "schrijf", "bereken", "zoek"),
                    *("vind", "raad", "help me", "definieer", "vergelijk", "spel", "vat samen", "ik wil weten"),
                    *("weet je", "zeg me", "me vertellen", "mij vertellen", "me zeggen", "me helpen", "me uitleggen"),
                }
            ),
        ),
        "it": Phrases(
            openings=r"(?:ok|okay|ehi|ciao|allora|beh|eh|e|adesso|ora|sì|per favore|(?:puoi|potresti))",
            asks=rf"(?:chied(?:i|ere|a|ilo)|domanda(?:re)?|interroga(?:re)?) (?:al |alla |allo |il |la |a )?"
            rf"(?:{_CLOUD}|nuvol[ae])(?: per favore)?",
            then=r"di(?!\w)",
            listens=frozenset(
                {
                    *("ascoltare", "ascoltare di nuovo", "ascoltare ancora", "ascoltare ancora una volta"),
                    *("riascoltare", "cosa ho detto", "che cosa ho detto", "quello che ho detto", "che ho detto"),
                    *("cosa ho appena detto", "quello che ho appena detto"),
                }
            ),
            forgets=frozenset(
                {
                    *("dimentica", "dimenticalo", "dimentica questo", "lascia perdere", "lascia stare", "scordatelo"),
                    *("non inviarlo", "non mandarlo", "annulla questo", "non chiedere"),
                }
            ),
            politeness=r"(?:puoi|potresti|per favore)",
            questions=frozenset(
                {
                    *("chi", "che", "che cosa", "cosa", "cos è", "quando", "dove", "dov è", "perché", "come", "com è"),
                    *("quale", "quali", "qual", "quanto", "quanta", "quanti", "quante", "c è", "ci sono", "dimmi"),
                    *("raccontami", "spiega", "spiegami", "dammi", "elenca", "nomina", "descrivi", "traduci"),
                    *("scrivi", "calcola", "cerca", "trova", "consigliami", "suggeriscimi", "aiutami", "definisci"),
                    *("confronta", "riassumi", "voglio sapere", "sai", "a che", "di che", "in che"),
                    *("dirmi", "spiegarmi", "aiutarmi", "raccontarmi", "darmi"),
                }
            ),
        ),
    }
)
