/** The channel whose page this is ("/c/tea"); undefined on the page where a person is alone with the shop. */
export const channel: string | undefined = /^\/c\/([\w-]{1,64})$/.exec(location.pathname)?.[1];

/** What of a channel's page is read: what is said to this person, or what everybody there sees. */
export type Part = "own" | "channel";

/** An address of the shop's, as it is asked from this page. */
export function asked(
  path: string,
  given: Readonly<Record<string, string>> = {},
  part: Part = "own",
): string {
  const query = new URLSearchParams({
    ...given,
    ...(channel !== undefined && { channel }),
    ...(part === "channel" && { of: "channel" }),
  });
  return query.size > 0 ? `${path}?${query}` : path;
}
