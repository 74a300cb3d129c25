import type { Capabilities } from "../../src/engine/adapter.ts";

/** Components of one message, nested ones counted (https://docs.discord.com/developers/components/reference). */
export const COMPONENTS_MAX = 40;
/** Characters in all texts of one message, counted with their markup. */
export const PRINTED_MAX = 4000;

/**
 * What a Discord message of components can hold.
 *
 * Escaping at most doubles a text, so half of what may be printed is safe. Marks and addresses are printed beside it, which
 * `markup` counts by the same half. The plainest layout of `render` is one text,
 * one file, buttons five a row and each pick in a row of its own: at most 2 + 2 * 18 = 38 components.
 */
export const capabilities: Capabilities = {
  textMax: 1900,
  captionMax: 1900,
  cardsMax: 6,
  buttonsPerRow: 5,
  controlsMax: 18,
  labelMax: 80,
  linkMax: 512,
  markup: { mark: 4, link: 6, address: 0.6 },
  picksMax: 25,
  forms: "modal",
  formFieldsMax: 5,
  buttons: true,
  images: true,
  edits: true,
  ephemeral: true,
  cardEveryMs: 1500,
  tokenBytes: 100,
};
