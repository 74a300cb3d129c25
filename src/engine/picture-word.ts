import type { WordKey } from "../i18n/index.ts";
import type { PictureProblem } from "./inbound.ts";

const WORDS: Readonly<Record<PictureProblem, WordKey>> = {
  unusable: "problem.picture",
  "too-large": "problem.picture_large",
  "too-many": "problem.picture_many",
  kept: "problem.picture_kept",
  full: "problem.picture_full",
};

/** What is said of a picture that could not be kept. */
export const pictureWord = (problem: PictureProblem): WordKey => WORDS[problem];
