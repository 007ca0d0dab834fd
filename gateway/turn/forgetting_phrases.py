"""What people say to have something forgotten, and what is said of that, by language. Data; `forgetting` decides by it.

Patterns are of plain words (`words.plain_words`, so "don't" is "don t"), and of whole sentences. What only takes a
request back, as "forget it" or "forget the last request" does, is none of them. "Everything I said" without a word of
when means today, as the question that is asked back says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's. What is asked and said names no day and no words but "today"."""

    last: str
    """Has forgotten what was said just before."""
    today: str
    """Has forgotten what was said today."""
    one: str
    many: str
    """With `{count}`, how many turns something is."""
    question_there: str
    """With `{things}`, one of the two above: whether all that was said today at a satellite is to be forgotten."""
    question_own: str
    """The same of all that somebody said who is logged in."""
    forgotten: str
    forgotten_today: str
    """With `{things}`."""
    nothing: str
    """Where nothing of the kind is remembered."""
    kept: str
    """Where no yes came."""
    unknown: str
    """Where what is remembered cannot be reached, or did not say in time that it is forgotten."""


# English

_EN_FORGET: Final = (
    r"(?:you (?:can|should|must|may) )?(?:just |now |completely |immediately )?"
    r"(?:(?:forget|delete|erase|remove|wipe|clear)(?: about)?|"
    r"(?:do not|don t|never) (?:remember|keep|store|save|record))"
)
_EN_SOUND: Final = r"(?:(?:the |my |any |all )?(?:recordings?|transcripts?|records?|memory) of )?"
_EN_I: Final = r"(?:i|we)(?: (?:ve|have))?"
_EN_SAID: Final = r"(?:said|told you|asked you|asked|mentioned)(?: to you)?"
_EN_NOW: Final = r"(?: (?:just now|right now|now|before|just before|(?:a )?(?:second|moment|minute) ago|here))*"
_EN_KINDS: Final = r"(?:recordings?|commands?|requests?|words|sentences?|questions?|conversations?|turns|transcripts?)"
_EN_DAY: Final = r"(?: (?:to you|here|in here|in this room|so far))* (?:today|to day|to me)(?: (?:so far|here))*"
"""Small models hear "said to me" for "said today": nobody says that, and it is asked back anyway."""
_EN_ALL: Final = r"(?:everything|anything|every word|all(?: of it)?|(?:all )?(?:of )?(?:the things|what)|all my words)"
_EN_FROM: Final = r"(?: from (?:your |the )?(?:memory|history|log|ledger|records))?"
_EN_LAST: Final = "|".join(
    (
        rf"(?:what(?:ever)?|the (?:last )?(?:things?|words?|sentence))(?: that)? {_EN_I}(?: just)? {_EN_SAID}"
        rf"(?: that)?{_EN_NOW}",
        rf"(?:everything|all|anything)(?: that)? {_EN_I} just {_EN_SAID}{_EN_NOW}",
        rf"(?:that )?{_EN_I}(?: just| ever)? said (?:that|this|it|so|anything|something){_EN_NOW}",
        r"(?:my|the) last (?:words|sentence|recording|transcript)",
        r"what (?:you (?:ve )?just|was just|you ve just) (?:heard|recorded|said)(?: me say)?",
    )
)
_EN_TODAY: Final = "|".join(
    (
        rf"{_EN_ALL}(?: that)? {_EN_I} {_EN_SAID}{_EN_DAY}",
        rf"(?:everything|every word|all of it)(?: that)? {_EN_I} {_EN_SAID}(?: here| in here| in this room)?",
        rf"{_EN_ALL}(?: that)? (?:was|were|has been|you(?: ve| have)?) (?:said|heard|recorded|remembered)"
        rf"(?: from me| of me)?{_EN_DAY}",
        rf"(?:all |everything )?(?:of )?(?:my |the |our )?{_EN_KINDS} (?:from|of|for) today",
        r"everything (?:from|of|about) today",
        rf"(?:all )?(?:of )?today s {_EN_KINDS}",
        r"everything today",
    )
)

# German

_DE_FORGET: Final = (
    r"(?:(?:können|könnten) sie )?(?:bitte )?"
    r"(?:vergiss|vergesse|vergesst|vergessen(?: sie)?|lösche?|löschen(?: sie)?|entfernen?|"
    r"merk dir nicht|speicher(?:e)? nicht)(?: (?:bitte|mal|doch|wieder|einfach|sofort|jetzt|schnell))*"
)
_DE_END: Final = r"(?: (?:bitte|wieder|einfach|sofort|jetzt|schnell))*"
_DE_LATE: Final = rf"{_DE_END} (?:vergessen|löschen|entfernen)"
"""The verb at the end, as in "kannst du … vergessen"."""
_DE_NOW: Final = r"(?:gerade(?: eben| noch)?|grade?(?: eben)?|eben(?: gerade| noch)?|soeben|vorhin|zuletzt|davor|jetzt)"
_DE_SAID: Final = r"(?:(?:gesagt|gefragt|erzählt) (?:habe?|hatte)|sagte|sage)"
_DE_THERE: Final = r"(?: (?:dir|zu dir|hier|zu ihnen|ihnen))*"
_DE_WHAT: Final = r"(?:das |das letzte |die worte |die sätze )?(?:was|wo|die|das)"
_DE_KINDS: Final = (
    r"(?:aufnahmen|befehle|worte|sätze|fragen|anfragen|gespräche|äußerungen|gesprochenen worte|sprachbefehle)"
)
_DE_SAID_LAST: Final = rf"was ich{_DE_THERE}(?: {_DE_NOW})?{_DE_THERE} {_DE_SAID}"
_DE_SAID_TODAY: Final = rf"was ich{_DE_THERE}(?: heute)?{_DE_THERE} {_DE_SAID}"
"""After a verb in the middle, as in "kannst du alles vergessen, was …"."""
_DE_LAST: Final = "|".join(
    (
        rf"{_DE_WHAT} ich{_DE_THERE}(?: {_DE_NOW})?{_DE_THERE} {_DE_SAID}",
        rf"alles was ich{_DE_THERE} {_DE_NOW}{_DE_THERE} {_DE_SAID}",
        rf"das(?: {_DE_NOW})? gesagte",
        rf"da(?:ss|s|ß) ich(?: (?:das|es|etwas|was|irgendwas|irgendetwas|{_DE_NOW}))+ {_DE_SAID}",
        r"(?:meinen|den|meine|die) letzten? (?:satz|aufnahme|äußerung|worte)",
    )
)
_DE_TODAY: Final = "|".join(
    (
        rf"(?:alles|das|die worte)?(?: ?(?:was|das))? ich{_DE_THERE} heute{_DE_THERE} {_DE_SAID}",
        rf"alles was ich{_DE_THERE} {_DE_SAID}(?: heute)?",
        rf"alles was heute{_DE_THERE} gesagt (?:wurde|worden ist)",
        r"(?:alles|das) heute gesagte",
        r"alles (?:von heute|heutige)",
        rf"(?:alle |meine |die |alle meine )?{_DE_KINDS} von heute",
        rf"(?:alle |meine |die |alle meine )?heutigen {_DE_KINDS}",
    )
)

# French

_FR_FORGET: Final = (
    r"(?:tu peux |vous pouvez |(?:pouvez|pourriez) vous )?"
    r"(?:(?:oubli|effac|supprim)(?:e|er|ez|es|é)|"
    r"ne (?:retiens|garde|retenez|gardez|enregistre) pas)"
)
_FR_SAID: Final = r"di(?:t|te|ts|tes|s)"
_FR_NOW: Final = r"(?: (?:à l instant|juste avant|tout à l heure|avant|là|maintenant|ici))*"
_FR_I: Final = r"(?:j ai|je t ai|je vous ai|nous avons|on a)"
_FR_KINDS: Final = (
    r"(?:phrases?|commandes?|demandes?|questions?|paroles?|mots?|messages?|enregistrements?|conversations?)"
)
_FR_DAY: Final = r"aujourd ?hui"
_FR_LAST: Final = "|".join(
    (
        rf"ce (?:que|qu) {_FR_I}(?: juste)? {_FR_SAID}{_FR_NOW}",
        r"(?:tout )?ce (?:que|qu) (?:je viens|nous venons|on vient)(?: juste| tout juste)? de(?: (?:te|vous|le))? dire",
        rf"que {_FR_I}(?: juste)? {_FR_SAID}(?: (?:ça|cela|ceci|quelque chose))",
        rf"que je l ai {_FR_SAID}",
        rf"(?:la dernière chose|les derniers mots|la dernière phrase) que {_FR_I} {_FR_SAID}",
        r"(?:ma|mon|mes|la|le|les) derni(?:ère|er|ers|ères) (?:phrase|mots|paroles|enregistrement)",
    )
)
_FR_TODAY: Final = "|".join(
    (
        rf"(?:tout )?ce (?:que|qu) {_FR_I} {_FR_SAID}(?: ici)? {_FR_DAY}(?: ici)?",
        rf"(?:tout )?ce qu {_FR_DAY} {_FR_I} {_FR_SAID}",
        rf"tout ce (?:que|qu) {_FR_I} {_FR_SAID}(?: ici)?",
        rf"tout ce qui a été {_FR_SAID}(?: ici)? {_FR_DAY}(?: ici)?",
        rf"tout d {_FR_DAY}",
        rf"(?:toutes |tous )?(?:mes|les|nos) {_FR_KINDS} d {_FR_DAY}",
    )
)

# Spanish

_ES_FORGET: Final = (
    r"(?:(?:puede|podría|quiero que|quisiera que) )?"
    r"(?:olv[ií]d(?:a|e|es|ar)(?:te|se)?(?: de)?|borr(?:a|e|es|ar)|elimin(?:a|e|es|ar)|suprim(?:e|a|ir)|"
    r"no (?:recuerdes|guardes|recuerde|guarde))"
)
_ES_SAID: Final = r"(?:(?:te |le )?(?:he|hemos) dicho|(?:te |le )?dije|(?:te |le )?dijimos)"
_ES_NOW: Final = r"(?: (?:ahora|ahora mismo|antes|hace un momento|recién|aquí))*"
_ES_KINDS: Final = (
    r"(?:frases?|[oó]rden(?:es)?|preguntas?|petici(?:ón|on|ones)|palabras?|mensajes?|grabaci(?:ón|on|ones)|"
    r"conversaci(?:ón|on|ones)|comandos?)"
)
_ES_LAST: Final = "|".join(
    (
        rf"(?:lo|eso|aquello) que {_ES_SAID}{_ES_NOW}",
        rf"(?:todo )?(?:lo|eso) que (?:acabo|acabamos) de decir(?:te|le)?{_ES_NOW}",
        rf"que {_ES_SAID} (?:eso|esto|algo|nada)",
        r"que lo (?:he dicho|dije)",
        rf"(?:lo [uú]ltimo|las [uú]ltimas palabras|la [uú]ltima cosa) que {_ES_SAID}",
        r"(?:mis?|las?) [uú]ltimas? (?:frase|palabras|grabaci[oó]n)",
    )
)
_ES_TODAY: Final = "|".join(
    (
        rf"(?:todo )?lo que {_ES_SAID}(?: aquí)? hoy(?: aquí)?",
        rf"(?:todo )?lo que (?:aquí )?hoy (?:aquí )?{_ES_SAID}",
        rf"todo lo que {_ES_SAID}(?: aquí)?",
        r"todo lo que (?:se ha dicho|se dijo)(?: aquí)? hoy(?: aquí)?",
        r"todo (?:lo )?de hoy",
        rf"(?:todas |todos )?(?:mis|las|los) {_ES_KINDS} de hoy",
    )
)

# Dutch

_NL_FORGET: Final = (
    r"(?:(?:kunt|wilt) u )?(?:vergeet|vergeten|wis|wissen|verwijder|verwijderen|(?:onthoud|bewaar) niet)"
    r"(?: (?:maar|alsjeblieft|even|eens|nu))*"
)
_NL_END: Final = r"(?: (?:alsjeblieft|maar|weer|nu))*"
_NL_LATE: Final = r"(?: (?:alsjeblieft|maar|weer|nu))* (?:vergeten|wissen|verwijderen)"
"""The verb at the end, as in "kun je … vergeten"."""
_NL_NOW: Final = r"(?:net|zonet|zojuist|daarnet|daarstraks|zo net|nu net|juist|zo juist|daarvoor)"
_NL_TO: Final = r"(?: (?:je|jou|tegen je|tegen jou|hier))*"
_NL_SAID: Final = r"(?:heb (?:gezegd|gevraagd|verteld)|(?:gezegd|gevraagd|verteld) heb|zei|vroeg|vertelde)"
_NL_KINDS: Final = (
    r"(?:zin|zinnen|woorden|opdracht|opdrachten|vraag|vragen|verzoek|verzoeken|opname|opnames|opnamen|gesprekken)"
)
_NL_SAID_TODAY: Final = rf"wat ik{_NL_TO}(?: vandaag)?{_NL_TO} {_NL_SAID}"
"""After a verb in the middle, as in "kun je alles vergeten wat …"."""
_NL_LAST: Final = "|".join(
    (
        rf"(?:dat |datgene |hetgeen |de woorden )?(?:wat|die) ik{_NL_TO}(?: {_NL_NOW})?{_NL_TO} {_NL_SAID}"
        rf"(?: {_NL_NOW})?",
        rf"alles wat ik{_NL_TO} {_NL_NOW}{_NL_TO} {_NL_SAID}",
        rf"(?:wat|alles wat) ik heb{_NL_TO} {_NL_NOW}{_NL_TO} gezegd",
        rf"wat ik {_NL_NOW}",
        rf"dat ik(?: (?:dat|dit|het|iets|{_NL_NOW}))+ {_NL_SAID}",
        rf"het laatste (?:wat|dat) ik {_NL_SAID}",
        r"(?:mijn|de) laatste (?:zin|woorden|opname)",
    )
)
_NL_TODAY: Final = "|".join(
    (
        rf"(?:alles )?wat ik{_NL_TO} vandaag{_NL_TO} {_NL_SAID}",
        rf"(?:alles )?wat ik(?: heb)?{_NL_TO} vandaag{_NL_TO} (?:heb )?gezegd(?: heb)?",
        rf"alles wat ik{_NL_TO} {_NL_SAID}(?: vandaag)?",
        rf"wat ik{_NL_TO} {_NL_SAID} vandaag",
        rf"alles wat(?: hier)? vandaag{_NL_TO} (?:is gezegd|gezegd is|werd gezegd|gezegd werd)",
        r"alles van vandaag",
        rf"(?:al )?(?:mijn|de|alle|onze) {_NL_KINDS} van vandaag",
    )
)

# Italian

_IT_FORGET: Final = (
    r"(?:dimentic(?:a|are|hi)(?:ti)?(?: di)?|scord(?:a|are)(?:ti)?(?: di)?|cancell(?:a|are)|elimin(?:a|are)|"
    r"rimuov(?:i|ere)|non (?:ricordare|memorizzare|conservare|salvare))"
)
_IT_THAT: Final = r"(?:quello|ci[oò]|quel|le cose|le parole)"
_IT_SAID: Final = r"(?:(?:ti |vi )?(?:ho|abbiamo) (?:appena )?(?:detto|chiesto)|(?:ti )?(?:ho|abbiamo) dett[ei])"
_IT_JUST: Final = r"(?:ti |vi )?(?:ho|abbiamo) appena (?:detto|chiesto)"
_IT_NOW: Final = r"(?: (?:adesso|ora|prima|poco fa|un attimo fa|qui))*"
_IT_KINDS: Final = (
    r"(?:fras[ei]|richiest[ae]|domand[ae]|comand[oi]|registrazion[ei]|messaggi(?:o)?|parol[ae]|conversazion[ei])"
)
_IT_LAST: Final = "|".join(
    (
        rf"(?:{_IT_THAT} che|che cosa|cosa) {_IT_SAID}{_IT_NOW}",
        rf"tutto (?:quello|ci[oò]) che {_IT_JUST}{_IT_NOW}",
        rf"che {_IT_SAID} (?:questo|ci[oò]|qualcosa)",
        r"che (?:l|lo) ho (?:appena )?detto",
        rf"(?:l ultima cosa|le ultime cose) che {_IT_SAID}",
        r"(?:la |le )?(?:mia |mie )?(?:l )?ultim[ae] (?:frase|parole|registrazione)",
    )
)
_IT_TODAY: Final = "|".join(
    (
        rf"(?:tutto )?(?:quello|ci[oò]|quel) che {_IT_SAID}(?: qui)? oggi(?: qui)?",
        rf"(?:tutto )?(?:quello|ci[oò]|quel) che (?:qui )?oggi {_IT_SAID}",
        r"tutto (?:quello|ci[oò]) che (?:ti )?(?:ho|abbiamo) detto(?: qui)?",
        r"tutto (?:quello|ci[oò]) che (?:è stato|si è) detto(?: qui)? oggi(?: qui)?",
        r"tutto (?:quello )?di oggi",
        rf"(?:tutte |tutti )?(?:le |i )?(?:mie |miei )?{_IT_KINDS} di oggi",
    )
)

PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "en": Phrases(
            last=rf"{_EN_FORGET} {_EN_SOUND}(?:{_EN_LAST}){_EN_FROM}",
            today=rf"{_EN_FORGET} {_EN_SOUND}(?:{_EN_TODAY}){_EN_FROM}",
            one="one thing",
            many="{count} things",
            question_there="Should I forget everything that was said here today, {things}?",
            question_own="Should I forget everything that you said today, {things}?",
            forgotten="Okay, that is forgotten.",
            forgotten_today="Okay, I have forgotten {things}.",
            nothing="I remember nothing of that.",
            kept="Okay, I forgot nothing.",
            unknown="I can't reach what is remembered right now, so it may not be forgotten.",
        ),
        "de": Phrases(
            last=rf"{_DE_FORGET} (?:{_DE_LAST}){_DE_END}|(?:{_DE_LAST}){_DE_LATE}|"
            rf"das {_DE_FORGET} {_DE_SAID_LAST}",
            today=rf"{_DE_FORGET} (?:{_DE_TODAY}){_DE_END}|(?:{_DE_TODAY}){_DE_LATE}|"
            rf"alles {_DE_FORGET} {_DE_SAID_TODAY}",
            one="eine Äußerung",
            many="{count} Äußerungen",
            question_there="Soll ich alles vergessen, was heute hier gesagt wurde, also {things}?",
            question_own="Soll ich alles vergessen, was du heute gesagt hast, also {things}?",
            forgotten="Okay, das ist vergessen.",
            forgotten_today="Okay, ich habe {things} vergessen.",
            nothing="Davon weiß ich nichts mehr.",
            kept="Okay, ich habe nichts vergessen.",
            unknown="Ich komme gerade nicht an das Gespeicherte heran, es ist also vielleicht nicht vergessen.",
        ),
        "fr": Phrases(
            last=rf"{_FR_FORGET} (?:{_FR_LAST})",
            today=rf"{_FR_FORGET} (?:{_FR_TODAY})",
            one="une phrase",
            many="{count} phrases",
            question_there="Dois-je oublier tout ce qui a été dit ici aujourd'hui, soit {things} ?",
            question_own="Dois-je oublier tout ce que tu as dit aujourd'hui, soit {things} ?",
            forgotten="D'accord, c'est oublié.",
            forgotten_today="D'accord, j'ai oublié {things}.",
            nothing="Je ne me souviens de rien de tel.",
            kept="D'accord, je n'ai rien oublié.",
            unknown="Je n'ai pas accès à ce qui est mémorisé, ce n'est donc peut-être pas oublié.",
        ),
        "es": Phrases(
            last=rf"{_ES_FORGET} (?:{_ES_LAST})",
            today=rf"{_ES_FORGET} (?:{_ES_TODAY})",
            one="una frase",
            many="{count} frases",
            question_there="¿Quieres que olvide todo lo que se ha dicho aquí hoy, es decir, {things}?",
            question_own="¿Quieres que olvide todo lo que has dicho hoy, es decir, {things}?",
            forgotten="De acuerdo, está olvidado.",
            forgotten_today="De acuerdo, he olvidado {things}.",
            nothing="No recuerdo nada de eso.",
            kept="De acuerdo, no he olvidado nada.",
            unknown="Ahora mismo no puedo acceder a lo que está guardado, así que puede que no esté olvidado.",
        ),
        "nl": Phrases(
            last=rf"{_NL_FORGET} (?:{_NL_LAST}){_NL_END}|(?:{_NL_LAST}){_NL_LATE}",
            today=rf"{_NL_FORGET} (?:{_NL_TODAY}){_NL_END}|(?:{_NL_TODAY}){_NL_LATE}|"
            rf"alles {_NL_FORGET} {_NL_SAID_TODAY}",
            one="één zin",
            many="{count} zinnen",
            question_there="Zal ik alles vergeten wat hier vandaag is gezegd, dus {things}?",
            question_own="Zal ik alles vergeten wat jij vandaag hebt gezegd, dus {things}?",
            forgotten="Oké, dat is vergeten.",
            forgotten_today="Oké, {things} vergeten.",
            nothing="Daarvan weet ik niets meer.",
            kept="Oké, ik ben niets vergeten.",
            unknown="Ik kan nu niet bij wat er bewaard is, dus misschien is het niet vergeten.",
        ),
        "it": Phrases(
            last=rf"{_IT_FORGET} (?:{_IT_LAST})",
            today=rf"{_IT_FORGET} (?:{_IT_TODAY})",
            one="una frase",
            many="{count} frasi",
            question_there="Devo dimenticare tutto quello che è stato detto qui oggi, cioè {things}?",
            question_own="Devo dimenticare tutto quello che hai detto oggi, cioè {things}?",
            forgotten="Va bene, è dimenticato.",
            forgotten_today="Va bene, ho dimenticato {things}.",
            nothing="Di questo non ricordo nulla.",
            kept="Va bene, non ho dimenticato nulla.",
            unknown="Adesso non riesco a raggiungere ciò che è conservato, quindi forse non è dimenticato.",
        ),
    }
)
