import type { z } from "zod";
import {
  type Block,
  messageBlocks,
  type Pressable,
  type ViewContent,
  viewSchema,
} from "./slack-block-kit.ts";
import { isObject, SlackRefusal } from "./slack-rules.ts";

/** Characters of all texts of a message together; https://docs.slack.dev/changelog says about 13,000. */
const MESSAGE_CHARACTERS = 13_000;
const VIEW_BYTES = 250 * 1024;

/** What pictures in blocks may be. */
export interface PictureRule {
  /** Whether plain http to this machine is fetched too; Slack itself takes https only. */
  readonly loopback: boolean;
  /** Whether the workspace has this file, uploaded completely. */
  hasFile(id: string): boolean;
}

/** Checks the blocks of a message and gives names to those that have none. @throws {SlackRefusal} invalid_blocks, msg_blocks_too_long */
export function checkBlocks(value: unknown, pictures: PictureRule, at = "/blocks"): Block[] {
  if (!Array.isArray(value)) throw new SlackRefusal("invalid_blocks_format");
  const parsed = messageBlocks.safeParse(value);
  const wrong = parsed.success ? troubles(parsed.data, pictures, at, false) : said(parsed.error.issues, at);
  if (wrong.length > 0 || !parsed.success) throw new SlackRefusal("invalid_blocks", { messages: wrong });
  if (charactersIn(parsed.data) > MESSAGE_CHARACTERS) throw new SlackRefusal("msg_blocks_too_long");
  return named(parsed.data);
}

/** Checks the text of a message. @throws {SlackRefusal} msg_too_long, invalid_arguments */
export function checkMessageText(text: unknown): string {
  if (text === undefined || text === null) return "";
  if (typeof text !== "string") throw new SlackRefusal("invalid_arguments");
  if (text.length > MESSAGE_CHARACTERS) throw new SlackRefusal("msg_too_long");
  return text;
}

/** Checks a view. @throws {SlackRefusal} invalid_arguments, view_too_large */
export function checkView(value: unknown, kind: ViewContent["type"], pictures: PictureRule): ViewContent {
  if (!isObject(value)) throw new SlackRefusal("invalid_arguments", { messages: ["[ERROR] invalid view"] });
  if (Buffer.byteLength(JSON.stringify(value)) > VIEW_BYTES) throw new SlackRefusal("view_too_large");
  const parsed = viewSchema.safeParse(value);
  const wrong = parsed.success
    ? [
        ...(parsed.data.type === kind
          ? []
          : [`[ERROR] unsupported type: ${parsed.data.type} [json-pointer:/view/type]`]),
        ...troubles(parsed.data.blocks, pictures, "/view/blocks", kind === "modal"),
      ]
    : said(parsed.error.issues, "/view");
  if (wrong.length > 0 || !parsed.success) throw new SlackRefusal("invalid_arguments", { messages: wrong });
  return { ...parsed.data, blocks: named(parsed.data.blocks) };
}

/** What a person can press in blocks, with the block it stands in. */
export function pressables(blocks: readonly Block[]): { block: Block; element: Pressable }[] {
  return blocks.flatMap((block): { block: Block; element: Pressable }[] => {
    if (block.type === "actions") return block.elements.map((element) => ({ block, element }));
    const accessory = block.type === "section" ? block.accessory : undefined;
    return accessory === undefined || accessory.type === "image" ? [] : [{ block, element: accessory }];
  });
}

const said = (issues: readonly z.core.$ZodIssue[], at: string): string[] =>
  issues.map((issue) => {
    const place = `[json-pointer:${[at, ...issue.path.map(String)].join("/")}]`;
    const things = "origin" in issue && issue.origin === "array" ? "items" : "characters";
    if (issue.code === "too_big" && things === "items")
      return `[ERROR] no more than ${issue.maximum} items allowed ${place}`;
    if (issue.code === "too_big")
      return `[ERROR] must be less than ${Number(issue.maximum) + 1} ${things} ${place}`;
    if (issue.code === "too_small")
      return `[ERROR] must be more than ${Number(issue.minimum) - 1} ${things} ${place}`;
    if (issue.code === "unrecognized_keys")
      return `[ERROR] invalid additional property: ${issue.keys.join(", ")} ${place}`;
    if (issue.code === "invalid_union") return `[ERROR] unsupported type ${place}`;
    return `[ERROR] ${issue.message} ${place}`;
  });

function troubles(blocks: readonly Block[], pictures: PictureRule, at: string, modal: boolean): string[] {
  const found: string[] = [];
  const complain = (what: string, index: number, ...path: (string | number)[]) =>
    found.push(`[ERROR] ${what} [json-pointer:${[at, index, ...path].join("/")}]`);
  const ids = new Set<string>();
  blocks.forEach((block, index) => {
    if (block.block_id !== undefined && ids.has(block.block_id))
      complain(`block_id already exists: ${block.block_id}`, index, "block_id");
    if (block.block_id !== undefined) ids.add(block.block_id);
    if (block.type === "input" && block.element.type === "file_input" && !modal)
      complain("file_input is only supported in modals", index, "element");
    const actions = new Set<string>();
    for (const { element } of pressables([block])) {
      if (element.action_id === undefined) continue;
      if (actions.has(element.action_id))
        complain(`action_id already exists: ${element.action_id}`, index, "elements");
      actions.add(element.action_id);
    }
    for (const picture of picturesIn(block)) {
      const trouble = badPicture(picture, pictures);
      if (trouble !== undefined) complain(trouble, index, "image_url");
    }
  });
  return found;
}

type Picture = { image_url?: string | undefined; slack_file?: { id?: string | undefined } | undefined };

function picturesIn(block: Block): Picture[] {
  if (block.type === "image") return [block];
  if (block.type === "section") return block.accessory?.type === "image" ? [block.accessory] : [];
  if (block.type !== "context") return [];
  return block.elements.flatMap((each) => (each.type === "image" ? [each] : []));
}

function badPicture({ image_url, slack_file }: Picture, rule: PictureRule): string | undefined {
  if (image_url === undefined)
    return slack_file?.id !== undefined && rule.hasFile(slack_file.id) ? undefined : "invalid slack file";
  const { protocol, hostname } = new URL(image_url);
  if (protocol === "https:") return undefined;
  const here = protocol === "http:" && ["127.0.0.1", "localhost"].includes(hostname);
  return here && rule.loopback ? undefined : "downloading image failed";
}

function charactersIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + charactersIn(each), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, each]) =>
      sum + (key === "text" && typeof each === "string" ? each.length : charactersIn(each)),
    0,
  );
}

let nextId = 1;
const madeUp = (): string => `auto${(nextId++).toString(36)}`;

/** Slack names blocks and elements that the app left without a name. */
function named(blocks: readonly Block[]): Block[] {
  for (const block of blocks) {
    block.block_id ??= madeUp();
    for (const { element } of pressables([block])) element.action_id ??= madeUp();
    if (block.type === "input") block.element.action_id ??= madeUp();
  }
  return [...blocks];
}
