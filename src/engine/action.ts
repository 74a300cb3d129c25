import { z } from "zod";

/** An action that a button can carry: the name of a link and its arguments, already in order. */
export interface ActionRef {
  readonly name: string;
  readonly args: readonly (string | undefined)[];
}

type Shape = Record<string, z.ZodType>;

/** A typed action, declared once. Call it with its arguments to make a reference for a button. */
export interface Action<S extends Shape> {
  (
    ...args: Record<string, never> extends z.input<z.ZodObject<S>>
      ? [args?: z.input<z.ZodObject<S>>]
      : [args: z.input<z.ZodObject<S>>]
  ): ActionRef;
  readonly action: string;
  readonly schema: z.ZodObject<S>;
  /** Whoever sees a button of it in a shared channel may press it, and gets an answer of their own. */
  readonly forEveryone: boolean;
  /** Pressed on a live card, it is answered with one short sentence, for which nobody need leave the channel. */
  readonly brief: boolean;
}

/**
 * Declares a link; `forEveryone` if it does the same for whoever presses it, such as browsing; `brief` if its answer is one
 * short sentence, such as "You take part". Arguments travel as text in the order of the shape, so numbers need `z.coerce`;
 * whatever comes back from a platform is parsed by the schema again.
 */
export function action<S extends Shape>(
  name: string,
  shape: S,
  { forEveryone = false, brief = false }: { forEveryone?: boolean; brief?: boolean } = {},
): Action<S> {
  const schema = z.object(shape);
  const make = (args?: Record<string, unknown>): ActionRef => ({
    name,
    args: Object.keys(shape).map((key) => {
      const value = args?.[key];
      return value === undefined || value === null ? undefined : String(value);
    }),
  });
  return Object.assign(make, { action: name, schema, forEveryone, brief }) as Action<S>;
}

/** The arguments of a reference by name, unchecked, for `schema.safeParse`. */
export const namedArgs = (schema: z.ZodObject, ref: ActionRef): Record<string, string | undefined> =>
  Object.fromEntries(Object.keys(schema.shape).map((key, index) => [key, ref.args[index]]));

const escaped = (part: string): string => part.replace(/[\\|]/g, (sign) => `\\${sign}`);

/** One line of text for a reference: `name|arg|arg`. Absent is nothing, empty text is `\e`; `|` and `\` are escaped. */
export const encodeRef = (ref: ActionRef): string => {
  const parts = [ref.name, ...ref.args.map((arg) => (arg === undefined ? undefined : arg === "" ? "" : arg))];
  while (parts.length > 1 && parts.at(-1) === undefined) parts.pop();
  return parts.map((part) => (part === undefined ? "" : part === "" ? "\\e" : escaped(part))).join("|");
};

/** The inverse of `encodeRef`; total: any text gives some reference, which the schema then judges. */
export function decodeRef(text: string): ActionRef {
  const parts: string[] = [];
  const present: boolean[] = [];
  let part = "";
  let any = false;
  const end = () => {
    parts.push(part);
    present.push(any);
    part = "";
    any = false;
  };
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (sign === "|") end();
    else if (sign === "\\") {
      const next = text.charAt(++i);
      any = true;
      if (next !== "e") part += next;
    } else {
      part += sign;
      any = true;
    }
  }
  end();
  const [name = "", ...args] = parts;
  return { name, args: args.map((arg, index) => (present[index + 1] ? arg : undefined)) };
}
