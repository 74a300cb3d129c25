/** What platforms leave out of an answer, or put in unasked. */
const isNothing = (value: unknown): boolean =>
  !value || (typeof value === "object" && Object.keys(value).length === 0);

/**
 * Whether a platform knows all that was announced to it. It may leave out what is false or empty, add fields of its
 * own, and give lists in another order. Lists, and tables of texts alone, must be no longer than they were announced.
 */
export function covers(known: unknown, announced: unknown): boolean {
  if (isNothing(announced) || isNothing(known)) return isNothing(announced) && isNothing(known);
  if (typeof announced !== "object" || typeof known !== "object") return known === announced;
  if (Array.isArray(announced) && Array.isArray(known))
    return (
      known.length === announced.length && announced.every((each) => known.some((one) => covers(one, each)))
    );
  const fields = new Map(Object.entries(known ?? {}));
  const wanted = Object.entries(announced ?? {});
  const isTable = wanted.every(([, value]) => typeof value === "string");
  return (
    (!isTable || wanted.length === fields.size) &&
    wanted.every(([name, value]) => covers(fields.get(name), value))
  );
}
