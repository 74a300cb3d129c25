import type { Capabilities } from "../../src/engine/adapter.ts";

/** What a message of the chat page can hold. */
export const capabilities: Capabilities = {
  textMax: 4000,
  captionMax: 4000,
  cardsMax: 12,
  buttonsPerRow: 4,
  controlsMax: 60,
  labelMax: 60,
  picksMax: 100,
  forms: "inline",
  buttons: true,
  images: true,
  edits: true,
  ephemeral: true,
  cardEveryMs: 250,
  tokenBytes: 1024,
};
