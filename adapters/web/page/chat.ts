import type { WebEvent } from "../wire.ts";
import { Conversation } from "./conversation.ts";
import { byId, el, icon } from "./dom.ts";
import { Feed, readHistory, Unknown } from "./feed.ts";
import { newEventId, Outbox, Refused } from "./outbox.ts";
import { previewOf, uploadPhoto } from "./photo.ts";
import { channel } from "./place.ts";
import type { MessageActions } from "./render.ts";
import { isChinese, type Texts, texts } from "./texts.ts";

const ANSWER_MS = 20_000;

document.documentElement.lang = isChinese ? "zh-Hans" : "en";
for (const attribute of ["text", "label", "placeholder"] as const) {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-${attribute}]`)) {
    const words = texts[element.dataset[attribute] as keyof Texts];
    if (attribute === "text") element.textContent = words;
    else element.setAttribute(attribute === "label" ? "aria-label" : attribute, words);
  }
}

const scroller = byId("scroller", HTMLElement);
const log = byId("log", HTMLElement);
const typing = byId("typing", HTMLElement);
const banner = byId("banner", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const earlier = byId("earlier", HTMLButtonElement);
const latest = byId("latest", HTMLButtonElement);
const composer = byId("composer", HTMLFormElement);
const board = byId("board", HTMLElement);
const text = byId("text", HTMLTextAreaElement);
const photo = byId("photo", HTMLInputElement);
const attached = byId("attached", HTMLElement);
const problem = byId("problem", HTMLElement);

/* What the connection is like. */

const reach = { feed: true, outbox: true };
function showConnection(change: Partial<typeof reach>): void {
  Object.assign(reach, change);
  const words = !navigator.onLine ? texts.offline : reach.feed && reach.outbox ? "" : texts.reconnecting;
  banner.hidden = words === "";
  const line = banner.querySelector("span");
  if (line !== null && line.textContent !== words) line.textContent = words;
}
function endSession(): void {
  banner.hidden = false;
  const again = el("button", { type: "button" }, texts.reload);
  again.addEventListener("click", () => location.reload());
  banner.replaceChildren(el("span", {}, texts.reopen), again);
}
addEventListener("offline", () => showConnection({}));
addEventListener("online", () => showConnection({}));

/* Waiting for the answer. */

/** What was pressed and not answered yet, with what for: a list may be chosen from again meanwhile. */
const pressed = new Map<HTMLElement, string>();
let patience: ReturnType<typeof setTimeout> | undefined;
function awaitAnswer(): void {
  const follow = conversation.atEnd;
  typing.hidden = false;
  conversation.expecting = true;
  if (follow) conversation.toEnd();
  clearTimeout(patience);
  patience = setTimeout(answered, ANSWER_MS);
}
function answered(): void {
  clearTimeout(patience);
  typing.hidden = true;
  for (const control of pressed.keys()) control.removeAttribute("aria-busy");
  pressed.clear();
}

/* Sending. */

const outbox = new Outbox((reachable) => showConnection({ outbox: reachable }));

async function deliver(event: WebEvent): Promise<void> {
  awaitAnswer();
  try {
    await outbox.send(event);
    conversation.mark(event.id, texts.sent);
  } catch (error) {
    answered();
    if (error instanceof Refused && error.status === 401) endSession();
    throw error;
  }
}

function say(words: string, id: string = newEventId()): void {
  welcome.hidden = true;
  conversation.send(id, { kind: "text", text: words });
  if (!navigator.onLine) conversation.mark(id, texts.waiting);
  deliver({ id, kind: "text", text: words }).catch(() =>
    conversation.mark(id, texts.notSent, () => say(words)),
  );
}

async function show(file: File, caption: string): Promise<void> {
  const id = newEventId();
  const about = caption === "" ? {} : { caption };
  welcome.hidden = true;
  conversation.send(id, { kind: "photo", media: "", ...about }, await previewOf(file));
  try {
    const media = await uploadPhoto(file);
    await deliver({ id, kind: "photo", media, ...about });
  } catch (error) {
    const words = error instanceof Refused ? error.message : texts.notSent;
    conversation.mark(id, words, () => void show(file, caption));
  }
}

function press(event: WebEvent & { kind: "press" }, control?: HTMLElement): void {
  const failed = () => {
    problem.textContent = texts.notSent;
  };
  problem.textContent = "";
  if (control !== undefined) {
    if (pressed.get(control) === event.token) return;
    pressed.set(control, event.token);
    control.setAttribute("aria-busy", "true");
    if (control.matches(":focus-visible")) conversation.focusNext = true;
  }
  deliver(event).catch(failed);
}

const actions = (seq: number): MessageActions => ({
  press: (token, from) => press({ id: newEventId(), kind: "press", token, message: String(seq) }, from),
  form: {
    upload: uploadPhoto,
    submit: (token, values) =>
      deliver({ id: newEventId(), kind: "form", token, message: String(seq), values }),
  },
});

const conversation = new Conversation(log, scroller, actions);

/** What everybody in the channel sees. A press on it names no message: what is shown to all stays as it is. */
const shared = new Conversation(
  byId("shared", HTMLElement),
  scroller,
  () => ({
    ...actions(0),
    press: (token, from) => press({ id: newEventId(), kind: "press", token }, from),
  }),
  "b",
);

/* Receiving. */

const feed = new Feed(
  (message) => {
    if (conversation.receive(message) && message.from === "shop") answered();
    welcome.hidden = true;
    showLatest();
  },
  (connected) => showConnection({ feed: connected }),
);

/** A card stays where it stands while it changes, so nobody who reads below it is moved. */
const sharedFeed = new Feed(
  (message) => {
    if (message.removed) shared.receive(message);
    else shared.restore([message]);
    board.hidden = shared.empty;
  },
  (connected) => showConnection({ feed: connected }),
  "channel",
);

async function openBoard(): Promise<void> {
  if (channel === undefined) return;
  const kept = await readHistory(undefined, "channel");
  shared.restore(kept.messages);
  board.hidden = shared.empty;
  sharedFeed.follow(kept.newest);
}

function showLatest(): void {
  latest.hidden = conversation.atEnd;
}

/** Says what the page was opened with ("/?start=p-mug", as links to products do), once and not after a reload. */
function sayStart(): void {
  const start = new URLSearchParams(location.search).get("start");
  if (start === null) return;
  history.replaceState(null, "", location.pathname);
  if (/^[\w-]{1,82}$/.test(start)) say(`/start ${start}`);
}

async function open(): Promise<void> {
  try {
    await openBoard();
    const kept = await readHistory();
    conversation.restore(kept.messages);
    conversation.toEnd(false);
    earlier.hidden = !kept.earlier;
    for (const event of Outbox.left()) {
      if (event.kind === "text") say(event.text, event.id);
      else if (event.kind === "press") press(event);
    }
    sayStart();
    welcome.hidden = !conversation.empty || channel !== undefined;
    showConnection({ feed: true });
    feed.follow(kept.newest);
  } catch (error) {
    if (error instanceof Unknown) return endSession();
    showConnection({ feed: false });
    setTimeout(open, 2000);
  }
}

/* The page's own controls. */

for (const name of ["shop", "cart", "orders", "account", "help"] as const) {
  const button = el("button", { type: "button" }, icon(name), el("span", {}, texts[name]));
  button.addEventListener("click", () => say(`/${name}`));
  byId("quick", HTMLElement).append(button);
}
welcome.querySelector("button")?.addEventListener("click", () => say("/start"));
banner.querySelector("button")?.addEventListener("click", () => {
  outbox.hurry();
  feed.hurry();
  if (channel !== undefined) sharedFeed.hurry();
});
earlier.addEventListener("click", async () => {
  const history = await readHistory(conversation.first).catch(() => undefined);
  if (history === undefined) return;
  conversation.restore(history.messages);
  earlier.hidden = !history.earlier;
});
latest.addEventListener("click", () => conversation.toEnd());
scroller.addEventListener("scroll", showLatest, { passive: true });

function fitText(): void {
  text.style.setProperty("height", "auto");
  text.style.setProperty("height", `${Math.min(text.scrollHeight + 2, 160)}px`);
}
text.addEventListener("input", fitText);
text.addEventListener("keydown", (event) => {
  // While an input method composes (Chinese), Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
byId("attach", HTMLButtonElement).addEventListener("click", () => photo.click());

async function showAttached(): Promise<void> {
  const file = photo.files?.[0];
  attached.hidden = file === undefined;
  problem.textContent = "";
  if (file === undefined) return;
  attached.querySelector("img")?.setAttribute("src", await previewOf(file));
  const line = attached.querySelector("span");
  if (line !== null) line.textContent = texts.attached;
  text.focus();
}
photo.addEventListener("change", () => void showAttached());
attached.querySelector("button")?.addEventListener("click", () => {
  photo.value = "";
  void showAttached();
  text.focus();
});
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  const file = photo.files?.[0];
  problem.textContent = "";
  if (file !== undefined) void show(file, words);
  else if (words !== "") say(words);
  composer.reset();
  attached.hidden = true;
  fitText();
});

await open();
