/** A text without what does not make it another: capitals, and how and how often it is spaced. */
export const foldedText = (text: string): string =>
  text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .replace(/\s+/gu, " ")
    .trim()
    .toLowerCase();

/**
 * The option values of a product's variants, where values that differ in capitals or spaces only are one, written as it
 * comes first. They stay apart where two variants would otherwise be the same: then the difference was meant.
 */
export function unifiedValues(variants: readonly (readonly string[])[]): string[][] {
  const first = new Map<string, string>();
  const unified = variants.map((values) =>
    values.map((value, option) => {
      const key = `${option} ${foldedText(value)}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, value);
      return known ?? value;
    }),
  );
  const different = (all: readonly (readonly string[])[]) =>
    new Set(all.map((values) => JSON.stringify(values))).size;
  return different(unified) === different(variants) ? unified : variants.map((values) => [...values]);
}
