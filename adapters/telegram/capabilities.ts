import type { Capabilities } from "../../src/engine/adapter.ts";
import { TOAST_MAX } from "./press-answers.ts";

/** What a Telegram message can hold (https://core.telegram.org/bots/api). */
export const capabilities: Capabilities = {
  textMax: 4096,
  captionMax: 1024,
  cardsMax: 1,
  buttonsPerRow: 3,
  controlsMax: 30,
  labelMax: 40,
  picksMax: 0,
  forms: "ask",
  buttons: true,
  images: true,
  edits: true,
  pictureStays: true,
  ephemeral: false,
  toastMax: TOAST_MAX,
  cardEveryMs: 6000,
  tokenBytes: 64,
};
