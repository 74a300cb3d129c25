import type { Deviations } from "./servers.ts";

/** Known deviations by the title of a case in a table. */
const known: Readonly<Record<string, Deviations>> = {};

/** How other servers deviate in the case of this title. */
export function deviationsOf(title: string): Deviations {
  return Object.hasOwn(known, title) ? (known[title] ?? {}) : {};
}
