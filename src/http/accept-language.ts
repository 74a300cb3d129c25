/** The first language a browser asks for, as a BCP 47 tag. */
export function localeOf(acceptLanguage: string | undefined): string | undefined {
  const [first] = (acceptLanguage ?? "").split(/[,;]/);
  try {
    return Intl.getCanonicalLocales(first?.trim() ?? "")[0];
  } catch {
    return undefined; // "*", or nothing a browser would send
  }
}
