"""What is said of requests to the cloud, by language. Data; `cloud` chooses.

None of it may sound as if a spoken word could allow anything: that is done in Home Assistant, or at the gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """One language's."""

    cannot: str
    """Before what follows, where nobody asked for the cloud."""
    asked: str
    switched_off: str
    not_set_up: str
    already_waiting: str
    too_many: str
    refused_lately: str
    away: str
    nothing_kept: str
    """Where there is no earlier utterance that could be listened to."""
    withdrawn: str
    says: str
    """With `{text}`, what came back."""
    more: str
    """After the beginning of a long answer."""
    heard: str
    """With `{text}`, what was recognised there."""
    failed: str
    not_sent: str
    expired: str


WORDINGS: Final[Mapping[str, Wordings]] = MappingProxyType(
    {
        "en": Wordings(
            cannot="I can't answer that at home.",
            asked="I asked in Home Assistant for permission to ask the cloud.",
            switched_off="Cloud requests are switched off, so I asked nobody.",
            not_set_up="No cloud service is set up for that, so I asked nobody.",
            already_waiting="Another request from here is still waiting in Home Assistant.",
            too_many="There were too many requests just now. Try again in a few minutes.",
            refused_lately="The same request was refused a short while ago.",
            away="I can't ask for that right now.",
            nothing_kept="I no longer have a recording of what was said before.",
            withdrawn="Okay, the request is withdrawn.",
            says="The cloud says: {text}",
            more="There is more on the page.",
            heard="The cloud heard: {text}",
            failed="The cloud did not answer.",
            not_sent="Nothing was sent.",
            expired="Nobody approved the request in time, so nothing was sent.",
        ),
        "de": Wordings(
            cannot="Das kann ich zu Hause nicht beantworten.",
            asked="Ich habe in Home Assistant um Erlaubnis gebeten, die Cloud zu fragen.",
            switched_off="Anfragen an die Cloud sind ausgeschaltet, ich habe also niemanden gefragt.",
            not_set_up="Dafür ist kein Cloud-Dienst eingerichtet, ich habe also niemanden gefragt.",
            already_waiting="Eine andere Anfrage von hier wartet noch in Home Assistant.",
            too_many="Das waren gerade zu viele Anfragen. Versuch es in ein paar Minuten noch einmal.",
            refused_lately="Dieselbe Anfrage wurde vor Kurzem abgelehnt.",
            away="Darum kann ich gerade nicht bitten.",
            nothing_kept="Von dem, was vorher gesagt wurde, habe ich keine Aufnahme mehr.",
            withdrawn="Okay, die Anfrage ist zurückgezogen.",
            says="Die Cloud sagt: {text}",
            more="Mehr steht auf der Seite.",
            heard="Die Cloud hat verstanden: {text}",
            failed="Die Cloud hat nicht geantwortet.",
            not_sent="Es wurde nichts gesendet.",
            expired="Niemand hat die Anfrage rechtzeitig erlaubt, es wurde also nichts gesendet.",
        ),
        "fr": Wordings(
            cannot="Je ne peux pas répondre à cela à la maison.",
            asked="J'ai demandé dans Home Assistant la permission d'interroger le cloud.",
            switched_off="Les demandes au cloud sont désactivées, je n'ai donc interrogé personne.",
            not_set_up="Aucun service cloud n'est configuré pour cela, je n'ai donc interrogé personne.",
            already_waiting="Une autre demande d'ici attend encore dans Home Assistant.",
            too_many="Il y a eu trop de demandes à l'instant. Réessaie dans quelques minutes.",
            refused_lately="La même demande a été refusée il y a peu.",
            away="Je ne peux pas le demander pour le moment.",
            nothing_kept="Je n'ai plus d'enregistrement de ce qui a été dit avant.",
            withdrawn="D'accord, la demande est retirée.",
            says="Le cloud dit : {text}",
            more="La suite est sur la page.",
            heard="Le cloud a entendu : {text}",
            failed="Le cloud n'a pas répondu.",
            not_sent="Rien n'a été envoyé.",
            expired="Personne n'a approuvé la demande à temps, rien n'a donc été envoyé.",
        ),
        "es": Wordings(
            cannot="Eso no lo puedo responder en casa.",
            asked="He pedido permiso en Home Assistant para preguntar a la nube.",
            switched_off="Las consultas a la nube están desactivadas, así que no he preguntado a nadie.",
            not_set_up="No hay ningún servicio en la nube configurado para eso, así que no he preguntado a nadie.",
            already_waiting="Otra petición de aquí sigue esperando en Home Assistant.",
            too_many="Ha habido demasiadas peticiones. Inténtalo de nuevo dentro de unos minutos.",
            refused_lately="La misma petición se rechazó hace poco.",
            away="Ahora mismo no puedo pedirlo.",
            nothing_kept="Ya no tengo ninguna grabación de lo que se dijo antes.",
            withdrawn="De acuerdo, la petición queda retirada.",
            says="La nube dice: {text}",
            more="Hay más en la página.",
            heard="La nube ha entendido: {text}",
            failed="La nube no ha respondido.",
            not_sent="No se ha enviado nada.",
            expired="Nadie aprobó la petición a tiempo, así que no se ha enviado nada.",
        ),
        "nl": Wordings(
            cannot="Dat kan ik thuis niet beantwoorden.",
            asked="Ik heb in Home Assistant toestemming gevraagd om het aan de cloud te vragen.",
            switched_off="Verzoeken aan de cloud staan uit, dus ik heb niemand iets gevraagd.",
            not_set_up="Daarvoor is geen clouddienst ingesteld, dus ik heb niemand iets gevraagd.",
            already_waiting="Een ander verzoek van hier wacht nog in Home Assistant.",
            too_many="Dat waren zojuist te veel verzoeken. Probeer het over een paar minuten opnieuw.",
            refused_lately="Hetzelfde verzoek is kort geleden geweigerd.",
            away="Dat kan ik nu niet vragen.",
            nothing_kept="Ik heb geen opname meer van wat er eerder is gezegd.",
            withdrawn="Oké, het verzoek is ingetrokken.",
            says="De cloud zegt: {text}",
            more="Er staat meer op de pagina.",
            heard="De cloud heeft verstaan: {text}",
            failed="De cloud heeft niet geantwoord.",
            not_sent="Er is niets verstuurd.",
            expired="Niemand heeft het verzoek op tijd goedgekeurd, dus er is niets verstuurd.",
        ),
        "it": Wordings(
            cannot="A questo non so rispondere in casa.",
            asked="Ho chiesto in Home Assistant il permesso di interrogare il cloud.",
            switched_off="Le richieste al cloud sono disattivate, quindi non ho chiesto a nessuno.",
            not_set_up="Per questo non è configurato alcun servizio cloud, quindi non ho chiesto a nessuno.",
            already_waiting="Un'altra richiesta da qui è ancora in attesa in Home Assistant.",
            too_many="Ci sono state troppe richieste. Riprova tra qualche minuto.",
            refused_lately="La stessa richiesta è stata rifiutata poco fa.",
            away="In questo momento non posso chiederlo.",
            nothing_kept="Non ho più una registrazione di ciò che è stato detto prima.",
            withdrawn="Va bene, la richiesta è ritirata.",
            says="Il cloud dice: {text}",
            more="Il resto è sulla pagina.",
            heard="Il cloud ha capito: {text}",
            failed="Il cloud non ha risposto.",
            not_sent="Non è stato inviato nulla.",
            expired="Nessuno ha approvato la richiesta in tempo, quindi non è stato inviato nulla.",
        ),
    }
)
