import type { Capabilities } from "../../src/engine/adapter.ts";

/**
 * What a Slack message can hold (https://docs.slack.dev/reference/block-kit): 50 blocks, labels and options of 75
 * characters, 100 options in a select, whose values hold 150 characters (a button's 2000), 13,000 characters in all.
 *
 * Words and labels together stay below the 13,000, unescaped; `render` leaves marks away where escaping passes that.
 *
 * A full message stays below 50 blocks: 6000 characters give at most 4 pieces more than there are texts (1 + 10), 10
 * cards part 40 controls into at most 16 rows of 5 (one row more than needed for each of 11 places), 10 pictures
 * without words: 15 + 16 + 10 = 41.
 */
export const capabilities: Capabilities = {
  textMax: 6000,
  captionMax: 6000,
  cardsMax: 10,
  buttonsPerRow: 5,
  controlsMax: 40,
  labelMax: 75,
  labelsMax: 6500,
  picksMax: 100,
  forms: "modal",
  formFieldsMax: 50,
  buttons: true,
  images: true,
  edits: true,
  ephemeral: true,
  cardEveryMs: 1500,
  tokenBytes: 150,
};
