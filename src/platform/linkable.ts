import { linked, type RichText } from "../engine/rich-text.ts";
import type { Control, Link } from "../engine/view.ts";

/** Which addresses a platform takes for its buttons and links. */
export interface LinkRule {
  /** Schemes with their colon, as in `URL.protocol`. */
  readonly schemes: readonly string[];
  /** Schemes whose host must have a dot, so that localhost is none. */
  readonly dotted?: readonly string[];
  /** UTF-16 units. */
  readonly max?: number;
}

/** Whether an address is one the platform takes. It would refuse the whole message for another. */
export const linkableBy =
  ({ schemes, dotted = [], max = Number.POSITIVE_INFINITY }: LinkRule) =>
  (url: string): boolean => {
    if (!URL.canParse(url)) return false;
    const { protocol, hostname, href } = new URL(url);
    const found = !dotted.includes(protocol) || hostname.includes(".");
    return schemes.includes(protocol) && found && href.length <= max;
  };

/** Controls parted into those a platform can show, and the links that it cannot, written out as text. */
export function partLinks(
  controls: readonly Control[],
  isLinkable: (url: string) => boolean,
): { shown: Control[]; written: RichText[] } {
  const isWritten = (control: Control): control is Link =>
    control.kind === "link" && !isLinkable(control.url);
  return {
    shown: controls.filter((control) => !isWritten(control)),
    written: controls.filter(isWritten).map(({ label, url }) => linked(label, url)),
  };
}
