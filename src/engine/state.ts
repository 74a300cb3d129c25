import { z } from "zod";

/** The version of what the engine remembers of a conversation. Raise it when the shape changes. */
export const STATE_VERSION = 1;

const values = z.record(z.string(), z.string());
/** What an unfinished form keeps beside its values; forms begun by an earlier version have none of it. */
const remarks = {
  /** Values that were asked about, by field: given again, they are taken. */
  asked: values.optional(),
  /** What was understood otherwise than it was written, by field, and not told yet. */
  told: values.optional(),
};

const stateSchema = z.object({
  version: z.literal(STATE_VERSION),
  locale: z.string().optional(),
  /** A form being asked question by question. */
  asking: z
    .object({
      form: z.string(),
      args: values,
      values,
      field: z.string(),
      /** All was answered, and only this field is asked for again. */
      mending: z.boolean().optional(),
      ...remarks,
    })
    .optional(),
  /** A form being filled in by windows: what the pages before have gathered. */
  filling: z
    .object({
      form: z.string(),
      args: values,
      values,
      page: z.number(),
      ...remarks,
    })
    .optional(),
  /** What the person is in the middle of: the words for it, the action that goes on with it, and until when that counts. */
  task: z.object({ title: z.string(), goOn: z.string(), until: z.number() }).optional(),
  /** The actions of the last message, where a platform has no buttons and "2" means the second. */
  numbered: z.array(z.string()).optional(),
});

/** What the engine remembers of a conversation. */
export type State = z.infer<typeof stateSchema>;
/** A form that is being asked question by question, and where it is. */
export type Asking = NonNullable<State["asking"]>;
/** A form that is being filled in by windows, and what it has gathered. */
export type Filling = NonNullable<State["filling"]>;

/** The remembered state; one of another version, or damaged, is a fresh start that keeps the language. */
export function readState(stored: unknown): State {
  const read = stateSchema.safeParse(stored);
  if (read.success) return read.data;
  const locale = z.object({ locale: z.string() }).safeParse(stored);
  return { version: STATE_VERSION, ...(locale.success && { locale: locale.data.locale }) };
}
