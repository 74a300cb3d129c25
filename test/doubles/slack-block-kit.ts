import { z } from "zod";

// The blocks and elements this double knows, with the limits of https://docs.slack.dev/reference/block-kit.
// Lengths are counted in UTF-16 units, which is never more generous than counting characters.

const plain = (max: number) =>
  z.strictObject({
    type: z.literal("plain_text"),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const mrkdwn = (max: number) =>
  z.strictObject({
    type: z.literal("mrkdwn"),
    text: z.string().min(1).max(max),
    verbatim: z.boolean().optional(),
  });
const anyText = (max: number) => z.discriminatedUnion("type", [plain(max), mrkdwn(max)]);
const id = z.string().min(1).max(255);
const address = z
  .string()
  .max(3000)
  .refine((text) => URL.canParse(text), "invalid url");

const option = z.strictObject({
  text: plain(75),
  value: z.string().min(1).max(150),
  description: plain(75).optional(),
});
const markedOption = option.extend({ text: anyText(75), description: anyText(75).optional() });
const confirm = z.strictObject({
  title: plain(100),
  text: anyText(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(["primary", "danger"]).optional(),
});
const common = { action_id: id.optional(), confirm: confirm.optional() };
const focus = { focus_on_load: z.boolean().optional() };

const button = z.strictObject({
  type: z.literal("button"),
  text: plain(75),
  url: address.optional(),
  value: z.string().max(2000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  accessibility_label: z.string().max(75).optional(),
  ...common,
});

const select = z
  .strictObject({
    type: z.literal("static_select"),
    placeholder: plain(150).optional(),
    options: z.array(option).min(1).max(100).optional(),
    option_groups: z
      .array(z.strictObject({ label: plain(75), options: z.array(option).min(1).max(100) }))
      .min(1)
      .max(100)
      .optional(),
    initial_option: option.optional(),
    ...common,
    ...focus,
  })
  .refine(
    ({ options, option_groups }) => (options === undefined) !== (option_groups === undefined),
    "must provide either options or option_groups",
  )
  .refine(
    ({ initial_option: initial, options, option_groups }) =>
      initial === undefined ||
      (options ?? option_groups?.flatMap((group) => group.options) ?? []).some(
        (each) => JSON.stringify(each) === JSON.stringify(initial),
      ),
    "initial_option must exactly match one of the provided options",
  );

const overflow = z.strictObject({
  type: z.literal("overflow"),
  options: z
    .array(option.extend({ url: address.optional() }))
    .min(2)
    .max(5),
  ...common,
});
const choices = { options: z.array(markedOption).min(1).max(10), ...common, ...focus };
const radio = z.strictObject({
  type: z.literal("radio_buttons"),
  initial_option: markedOption.optional(),
  ...choices,
});
const checkboxes = z.strictObject({
  type: z.literal("checkboxes"),
  initial_options: z.array(markedOption).min(1).optional(),
  ...choices,
});
const picture = {
  image_url: address.optional(),
  slack_file: z.strictObject({ id: z.string().optional(), url: z.string().optional() }).optional(),
  alt_text: z.string().min(1).max(2000),
};
const onePicture = (each: { image_url?: string; slack_file?: unknown }) =>
  (each.image_url === undefined) !== (each.slack_file === undefined);
const ONE_PICTURE = "must provide either image_url or slack_file";
const imageElement = z.strictObject({ type: z.literal("image"), ...picture }).refine(onePicture, ONE_PICTURE);

const typed = { placeholder: plain(150).optional(), action_id: id.optional(), ...focus };
const dispatch = z
  .strictObject({ trigger_actions_on: z.array(z.enum(["on_enter_pressed", "on_character_entered"])) })
  .optional();
const textInput = z
  .strictObject({
    type: z.literal("plain_text_input"),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
    initial_value: z.string().max(3000).optional(),
    dispatch_action_config: dispatch,
    ...typed,
  })
  .refine(
    ({ initial_value = "", max_length = 3000 }) => initial_value.length <= max_length,
    "initial_value must not be longer than max_length",
  );
const emailInput = z.strictObject({
  type: z.literal("email_text_input"),
  initial_value: z.string().optional(),
  dispatch_action_config: dispatch,
  ...typed,
});
const urlInput = z.strictObject({
  type: z.literal("url_text_input"),
  initial_value: z.string().optional(),
  dispatch_action_config: dispatch,
  ...typed,
});
const figure = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, "must be a number in a string")
  .optional();
const numberInput = z.strictObject({
  type: z.literal("number_input"),
  is_decimal_allowed: z.boolean(),
  initial_value: figure,
  min_value: figure,
  max_value: figure,
  dispatch_action_config: dispatch,
  ...typed,
});
const fileInput = z.strictObject({
  type: z.literal("file_input"),
  action_id: id.optional(),
  filetypes: z.array(z.string()).min(1).optional(),
  max_files: z.int().min(1).max(10).optional(),
});

const style = z
  .strictObject({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    strike: z.boolean().optional(),
    code: z.boolean().optional(),
    underline: z.boolean().optional(),
    unlink: z.boolean().optional(),
  })
  .optional();
const richPiece = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1), style }),
  z.strictObject({
    type: z.literal("link"),
    url: address,
    text: z.string().optional(),
    unsafe: z.boolean().optional(),
    style,
  }),
  z.strictObject({ type: z.literal("user"), user_id: z.string(), style }),
  z.strictObject({ type: z.literal("channel"), channel_id: z.string(), style }),
  z.strictObject({ type: z.literal("broadcast"), range: z.enum(["here", "channel", "everyone"]), style }),
  z.strictObject({
    type: z.literal("emoji"),
    name: z.string().min(1),
    unicode: z.string().optional(),
    style,
  }),
]);
const pieces = { elements: z.array(richPiece) };
const border = z.int().min(0).max(1).optional();
const richSection = z.strictObject({ type: z.literal("rich_text_section"), ...pieces });
const richPart = z.discriminatedUnion("type", [
  richSection,
  z.strictObject({ type: z.literal("rich_text_preformatted"), border, ...pieces }),
  z.strictObject({ type: z.literal("rich_text_quote"), border, ...pieces }),
  z.strictObject({
    type: z.literal("rich_text_list"),
    style: z.enum(["bullet", "ordered"]),
    elements: z.array(richSection).min(1),
    indent: z.int().min(0).max(8).optional(),
    offset: z.int().min(0).optional(),
    border,
  }),
]);

const block_id = id.optional();
const pressable = [button, select, overflow, radio, checkboxes] as const;

const section = z
  .strictObject({
    type: z.literal("section"),
    block_id,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: z.discriminatedUnion("type", [...pressable, imageElement]).optional(),
    expand: z.boolean().optional(),
  })
  .refine(({ text, fields }) => text !== undefined || fields !== undefined, "missing required field: text");

/** One block, as Slack takes it. */
export const blockSchema = z.discriminatedUnion("type", [
  section,
  z.strictObject({ type: z.literal("header"), block_id, text: plain(150) }),
  z.strictObject({ type: z.literal("divider"), block_id }),
  z
    .strictObject({ type: z.literal("image"), block_id, title: plain(2000).optional(), ...picture })
    .refine(onePicture, ONE_PICTURE),
  z.strictObject({
    type: z.literal("actions"),
    block_id,
    elements: z
      .array(z.discriminatedUnion("type", [...pressable]))
      .min(1)
      .max(25),
  }),
  z.strictObject({
    type: z.literal("context"),
    block_id,
    elements: z
      .array(z.discriminatedUnion("type", [plain(2000), mrkdwn(2000), imageElement]))
      .min(1)
      .max(10),
  }),
  z.strictObject({
    type: z.literal("input"),
    block_id,
    label: plain(2000),
    hint: plain(2000).optional(),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
    element: z.discriminatedUnion("type", [
      textInput,
      emailInput,
      urlInput,
      numberInput,
      fileInput,
      select,
      radio,
      checkboxes,
    ]),
  }),
  z.strictObject({ type: z.literal("rich_text"), block_id, elements: z.array(richPart).min(1) }),
]);

const metadata = { private_metadata: z.string().max(3000).optional(), callback_id: id.optional() };
const external_id = z.string().max(255).optional();

/** A view: a modal or an app's home tab. https://docs.slack.dev/reference/views */
export const viewSchema = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("modal"),
      title: plain(24),
      submit: plain(24).optional(),
      close: plain(24).optional(),
      blocks: z.array(blockSchema).min(1).max(100),
      clear_on_close: z.boolean().optional(),
      notify_on_close: z.boolean().optional(),
      submit_disabled: z.boolean().optional(),
      external_id,
      ...metadata,
    })
    .refine(
      ({ submit, blocks }) => submit !== undefined || !blocks.some(({ type }) => type === "input"),
      "missing required field: submit",
    ),
  z.strictObject({
    type: z.literal("home"),
    blocks: z.array(blockSchema).max(100),
    external_id,
    ...metadata,
  }),
]);

/** Blocks of a message. */
export const messageBlocks = z.array(blockSchema).max(50);

/** One block, checked. */
export type Block = z.infer<typeof blockSchema>;
/** The block that asks for something. */
export type InputBlock = Extract<Block, { type: "input" }>;
/** Something in a message or view that a person can press or choose from. */
export type Pressable = z.infer<(typeof pressable)[number]>;
/** One option of a select. */
export type Option = z.infer<typeof markedOption>;
/** A part of a rich text block. */
export type RichPart = z.infer<typeof richPart>;
/** A piece of text in a rich text block. */
export type RichPiece = z.infer<typeof richPiece>;
/** A view, checked. */
export type ViewContent = z.infer<typeof viewSchema>;
