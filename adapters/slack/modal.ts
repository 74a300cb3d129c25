import type { types as slack } from "@slack/bolt";
import { z } from "zod";
import type { FormField, FormView } from "../../src/engine/view.ts";
import { beginning } from "../../src/i18n/graphemes.ts";
import { label } from "./blocks.ts";

const metadataSchema = z.object({
  token: z.string(),
  locale: z.string(),
  /** The conversation it was opened in. */
  channel: z.string(),
  shared: z.boolean(),
  message: z.string().optional(),
  hidden: z.boolean().optional(),
  response: z.string().optional(),
});
/** What a window knows when it comes back: Slack keeps it, unseen by the person. At most 3000 characters. */
export type Metadata = z.infer<typeof metadataSchema>;

/** @throws {ZodError} for a window that is not ours */
export const readMetadata = (text: string): Metadata => metadataSchema.parse(JSON.parse(text));

/** The callback id of every form. */
export const FORM = "form";
/** The action id of the one element in each block; the block is named after the field. */
const ANSWER = "answer";
const TITLE_MAX = 24;
const INPUT_MAX = 3000;
const OPTIONS_MAX = 100;

/** A form as a window (https://docs.slack.dev/surfaces/modals). */
export const modalOf = (form: FormView, metadata: Metadata): slack.ModalView => ({
  type: "modal",
  callback_id: FORM,
  title: label(form.title, TITLE_MAX),
  submit: label(form.submit, TITLE_MAX),
  private_metadata: JSON.stringify(metadata),
  blocks: form.fields.map(inputBlock),
});

function inputBlock(field: FormField): slack.InputBlock {
  const hint = field.problem ?? field.hint;
  return {
    type: "input",
    block_id: field.name,
    label: label(field.label, 2000),
    ...(hint && { hint: label(hint, 2000) }),
    optional: !field.required,
    element: element(field),
  };
}

function element(field: FormField): slack.InputBlock["element"] {
  const { input, value = "", options = [] } = field;
  const typed = value === "" ? {} : { initial_value: value };
  switch (input) {
    case "choice":
      if (options.length > 0) return select(options, value);
      break;
    case "photo":
      return {
        type: "file_input",
        action_id: ANSWER,
        filetypes: ["jpg", "jpeg", "png", "webp"],
        max_files: 1,
      };
    case "email":
      return { type: "email_text_input", action_id: ANSWER, ...typed };
    case "number": {
      const begun = /^-?\d+(\.\d+)?$/.test(value) ? typed : {};
      return { type: "number_input", action_id: ANSWER, is_decimal_allowed: true, ...begun };
    }
  }
  const max_length = Math.min(Math.max(field.maxLength, 1), INPUT_MAX);
  const initial = value === "" ? {} : { initial_value: beginning(value, max_length) };
  return { type: "plain_text_input", action_id: ANSWER, multiline: input === "long", max_length, ...initial };
}

/** A select; what is more than 100 options goes in groups, called by where they begin and end. */
function select(options: NonNullable<FormField["options"]>, value: string): slack.StaticSelect {
  const all = options.map((option) => ({ text: label(option.label, 75), value: option.value }));
  const chosen = all.find((option) => option.value === value);
  const groups = Array.from({ length: Math.ceil(all.length / OPTIONS_MAX) }, (_, index) => {
    const own = all.slice(index * OPTIONS_MAX, (index + 1) * OPTIONS_MAX);
    const [from = "", to = ""] = [own[0], own.at(-1)].map((option) => beginning(option?.text.text ?? "", 10));
    return { label: label(`${from} – ${to}`, 75), options: own };
  });
  return {
    type: "static_select",
    action_id: ANSWER,
    ...(groups.length > 1 ? { option_groups: groups } : { options: all }),
    ...(chosen && { initial_option: chosen }),
  };
}

const answerSchema = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  files: z.array(z.object({ id: z.string(), url_private: z.string().optional() })).nullish(),
});
/** A file that was put into a form. */
export type UploadedFile = NonNullable<z.infer<typeof answerSchema>["files"]>[number];

/** What was filled in: values by field, and files by field, whose values are their ids as long as they are not kept. */
export function answersOf(state: Readonly<Record<string, Readonly<Record<string, unknown>>>>): {
  values: Record<string, string>;
  files: Record<string, UploadedFile>;
} {
  const values: Record<string, string> = {};
  const files: Record<string, UploadedFile> = {};
  for (const [field, answers] of Object.entries(state)) {
    const { value, selected_option, files: given } = answerSchema.parse(answers[ANSWER] ?? {});
    const file = given?.[0];
    values[field] = value ?? selected_option?.value ?? file?.id ?? "";
    if (file) files[field] = file;
  }
  return { values, files };
}
