/** Everything that the page says. Another language is another object like this one. */

const NUMBER = new Intl.NumberFormat("en");

/** Return how many bytes these are. */
export function bytesText(count) {
  return `${NUMBER.format(count)} ${count === 1 ? "byte" : "bytes"}`;
}

/** Return a time that is left. */
export function leftText(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Return a time, UTC in ISO 8601, by this browser's clock. */
export function timeText(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(time);
}

function monthText(month) {
  const time = new Date(`${month}-01T00:00:00Z`);
  if (Number.isNaN(time.getTime())) return "this month";
  return new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(time);
}

export const TEXTS = {
  title: "Local Voice",
  loading: "Asking the gateway…",
  notSetUp: "Local Voice is not set up here. Add it under Settings, Devices & services.",
  notTold: "Home Assistant does not tell how it stands:",
  noGateway: "No gateway is set up here. Add one under Settings, Devices & services.",
  away: "This gateway cannot be reached from Home Assistant now. What waits there can be decided at the gateway itself: local-voice consent list.",
  mayNot: "What waits here is not yours to see or to decide. Administrators of this Home Assistant may; others only where the gateway's options say so.",

  waiting: "Waiting for a person",
  nothingWaits: "Nothing is waiting. A request appears here before anything of it is sent.",
  howMany: (count) => (count === 1 ? "1 request is waiting." : `${count} requests are waiting.`),
  look: "Look at it",
  lookAt: (content, place) => `Look at it: ${content}, ${place}`,
  back: "All requests",
  typed: "Home Assistant",
  left: "left",
  timeLeft: "Time left to decide",
  contents: { text: "Text", audio: "Sound of a voice" },
  gatewayOf: "at gateway",

  heading: "May this be sent?",
  headingDecided: "This has been decided",
  to: "To",
  where: { cloud: "a cloud service, outside this home", local: "the owner says it is on the home's own network" },
  port: "Port",
  path: "Path",
  model: "Model",
  what: "What",
  size: "Size",
  asShown: (size) => `${size}, as shown below`,
  asked: "Asked at",
  audioWarning: "A voice cannot be made anonymous: whoever gets this can tell who spoke, and keep it.",
  replaced: "Names that stay here",
  replacedBy: "goes as",
  nothingReplaced: "No names were replaced. Only names that this home knows are found: read the text yourself.",
  replacedHint: "Put back in the answer. Only names that this home knows are found: read the text yourself.",
  bytes: "The exact bytes",
  bytesHint: "Nothing else goes along. What cannot be seen is shown as a mark, such as ",
  bytesMark: "[U+202E]",
  keyHint: "stands for the key, which is never shown.",
  soundHere: (count) => `[${bytesText(count)} of sound, below]`,
  sound: (seconds) => `The sound, ${NUMBER.format(Math.round(seconds * 10) / 10)} seconds`,
  pin: "PIN of this gateway",
  pinFirst: "Type the PIN first.",
  decision: "Your decision",
  decisionHint: "A yes is for this request alone, once.",
  approve: "Approve",
  refuse: "Refuse",
  fetching: "Fetching the exact bytes from the gateway…",
  reading: "These are the bytes. Nothing is sent without your yes.",
  notShown: "What came from the gateway is not what it says it is, so it is not shown, and cannot be approved here.",
  again: "Fetch it again",
  approving: "Approving…",
  refusing: "Refusing…",
  approved: "Approved.",
  refused: "Refused.",
  outOfTime: "Time is up.",
  gone: "This request does not wait any more, or never did. Nothing can be approved here.",
  failed: (message) => `That did not work: ${message}`,
  errors: {
    unauthorized: "This is not yours to decide. Administrators may; others only where the gateway's options say so.",
    not_connected: "The gateway cannot be reached now.",
    switched_off: "Cloud requests are switched off.",
    not_waiting: "It does not wait any more.",
    altered: "It is not what was shown. Nothing was sent.",
    not_shown: "It was shown anew since, here or elsewhere. Nothing was sent.",
    wrong_pin: "This PIN is not right. Nothing was sent.",
    pin_locked: "Too many wrong PINs. Wait a while; nothing was sent.",
    not_stored: "The gateway could not write it down, so nothing was sent.",
    already_sending: "Another request is being sent. Try again when it is done.",
  },

  decided: "Decided lately",
  nothingDecided: "Nothing yet.",
  fates: {
    sending: "Being sent…",
    answered: "Answered",
    failed: "Failed",
    refused: "Refused",
    expired: "Nobody decided in time",
    withdrawn: "Taken back where it was asked",
    revoked: "Stopped",
  },
  reasons: {
    no_address: "the name of the service has no address",
    private_address: "its name leads into the home's own network",
    public_address: "it is not on the home's own network",
    not_reached: "the service could not be reached",
    certificate: "the service could not prove who it is",
    late: "the service took too long",
    redirect: "the service wanted it to go elsewhere",
    status: "the service did not accept it",
    too_large: "the answer was too long",
    broken_answer: "the answer could not be read",
    no_answer: "there was no answer in it",
    not_stored: "the gateway could not write it down",
    internal: "something went wrong at the gateway",
    switched_off: "cloud requests were switched off",
    destination: "this service, or its key, was removed or replaced",
    peer_revoked: "who asked for it is paired no more",
    stopped: "the gateway was stopped",
    withdrawn: "it was taken back where it was asked",
  },
  nothingLeft: "Nothing was sent.",
  didLeave: (sent, received) => `${bytesText(sent)} sent, ${bytesText(received)} came back.`,
  showAnswer: "Show answer",
  hideAnswer: "Hide answer",
  answerOf: (host) => ["Answer from ", host, ", not from your home"],

  gateway: "Gateway",
  allow: "Allow cloud requests",
  allowHint: "Each one still waits for a person's yes. Off, nothing waits, and what is being sent is stopped.",
  allowIs: (isAllowed) =>
    isAllowed ? "Cloud requests are allowed. Each one waits for a person's yes." : "Cloud requests are off: nothing is sent.",
  sentInMonth: (count, month) => (`Sent in ${monthText(month)}: ${count ? bytesText(count) : "nothing"}.`),
  destinations: "Where requests may go",
  noDestinations: "Nowhere. The owner adds a service at the gateway: local-voice cloud add.",
};
