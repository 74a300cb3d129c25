import { everyComponent, Kind } from "./discord-components.ts";
import { type Json, json, list } from "./discord-refusal.ts";
import { type ChatMessage, Flag } from "./discord-world.ts";

/** Something on a message that a person can press or choose. */
export type Pressable =
  | { readonly kind: "button"; readonly label: string; readonly customId: string; readonly primary: boolean }
  | { readonly kind: "option"; readonly label: string; readonly customId: string; readonly value: string };

const PRIMARY = 1;

/** The label of a button as it is shown: its emoji, then its text. */
const labelOf = (button: Json): string =>
  [json(button.emoji).name, button.label].filter((part) => typeof part === "string" && part !== "").join(" ");

/** Buttons and options of selects on a message that are not disabled, in reading order. */
export function pressables(message: ChatMessage): Pressable[] {
  return everyComponent(message.components).flatMap((component): Pressable[] => {
    if (component.disabled === true) return [];
    const customId = String(component.custom_id);
    if (component.type === Kind.select)
      return list(component.options).map((each) => {
        const option = json(each);
        return { kind: "option", label: labelOf(option), customId, value: String(option.value) };
      });
    if (component.type !== Kind.button || component.url !== undefined) return [];
    return [{ kind: "button", label: labelOf(component), customId, primary: component.style === PRIMARY }];
  });
}

/** Where a message leads: its link buttons, the links in its texts, and lines of "label: address". */
export function links(message: ChatMessage): { label: string; url: string }[] {
  const buttons = everyComponent(message.components)
    .filter(({ type, url, disabled }) => type === Kind.button && url !== undefined && disabled !== true)
    .map((button) => ({ label: labelOf(button), url: String(button.url) }));
  const written = textsOf(message).flatMap((text) => [
    ...[...text.matchAll(/\[([^\]]+)\]\(<?(https?:\/\/[^)>\s]+)>?\)/g)].map(([, label = "", url = ""]) => ({
      label: readable(label),
      url,
    })),
    ...text.split("\n").flatMap((line) => {
      const [, label, url] = /^(.*?)(?:: | \()<?(https?:\/\/[^\s)>]+)>?\)?$/.exec(line) ?? [];
      return label === undefined || url === undefined ? [] : [{ label: readable(label), url }];
    }),
  ]);
  return [...buttons, ...written];
}

/** The text of a message as people read it, without its buttons. */
export const textOf = (message: ChatMessage): string => textsOf(message).map(readable).join("\n");

/** Labels of buttons, links and options. */
export const labelsOf = (message: ChatMessage): string[] =>
  everyComponent(message.components).flatMap((component) => {
    if (component.type === Kind.button) return [labelOf(component)];
    return component.type === Kind.select ? list(component.options).map((each) => labelOf(json(each))) : [];
  });

function textsOf(message: ChatMessage): string[] {
  const embeds = message.embeds.flatMap((embed) => [
    embed.title,
    embed.description,
    ...list(embed.fields).map((field) => `${json(field).name}: ${json(field).value}`),
    json(embed.footer).text,
  ]);
  const displayed = everyComponent(message.components)
    .filter(({ type }) => type === Kind.text)
    .map(({ content }) => content);
  return [message.content, ...embeds, ...displayed].filter(
    (text): text is string => typeof text === "string" && text !== "",
  );
}

/** A message as a person sees it: texts, (picture), [buttons] and the options of selects, in reading order. */
export function shownOf(message: ChatMessage): string {
  if (message.loading) return "(thinking…)";
  const lines = [
    ...(message.flags & Flag.ephemeral ? ["(only you see this)"] : []),
    ...(everyComponent(message.components).some(({ type }) => type === Kind.text)
      ? []
      : textsOf(message).map(readable)),
    ...message.components.flatMap(componentLines),
  ];
  const named = everyComponent(message.components).some(({ type }) => PICTURES.includes(Number(type)));
  if (!named) lines.push(...message.attachments.map(picture));
  return lines.join("\n");
}

const PICTURES: number[] = [Kind.gallery, Kind.thumbnail, Kind.file];

const picture = ({ content_type, filename }: { content_type: string; filename: string }): string =>
  content_type.startsWith("image/") ? "(picture)" : `(file ${filename})`;

function componentLines(component: Json): string[] {
  switch (component.type) {
    case Kind.text:
      return [readable(String(component.content))];
    case Kind.row: {
      const children = list(component.components).map(json);
      const buttons = children.filter(({ type }) => type === Kind.button);
      return [
        ...(buttons.length > 0 ? [buttons.map(buttonShown).join(" ")] : []),
        ...children.filter(({ type }) => type === Kind.select).map(selectShown),
      ];
    }
    case Kind.section: {
      const accessory = json(component.accessory);
      const shown = accessory.type === Kind.button ? buttonShown(accessory) : "(picture)";
      return [...list(component.components).flatMap((each) => componentLines(json(each))), shown];
    }
    case Kind.gallery:
      return [
        list(component.items)
          .map(() => "(picture)")
          .join(" "),
      ];
    case Kind.file:
      return ["(file)"];
    case Kind.container:
      return list(component.components).flatMap((each) => componentLines(json(each)));
    default:
      return [];
  }
}

const buttonShown = (button: Json): string =>
  button.disabled === true ? `[${labelOf(button)} (disabled)]` : `[${labelOf(button)}]`;

const selectShown = (select: Json): string =>
  `${readable(String(select.placeholder ?? "Choose"))}: ${list(select.options)
    .map((option) => `[${labelOf(json(option))}]`)
    .join(" ")}`;

const TOKEN = /\\([^\w\s])|(`{1,3})([\s\S]+?)\2|\[([^\]]+)\]\(<?https?:\/\/[^)>\s]+>?\)/g;

/** Markdown as Discord shows it: without escapes and marks, a link as its label. */
export function readable(markdown: string): string {
  const kept: string[] = [];
  // What is escaped or in code is put aside, so that its characters are not taken for marks.
  const aside = (text: string) => `\ue000${kept.push(text) - 1}\ue001`;
  return markdown
    .replace(TOKEN, (_, escaped?: string, _ticks?: string, code?: string, label?: string) =>
      label === undefined ? aside(escaped ?? code ?? "") : readable(label),
    )
    .replace(/^(#{1,3} |-# |> )/gm, "")
    .replace(/(\*\*\*|\*\*|__|~~|\|\||\*)(?=\S)([\s\S]*?\S)\1/g, "$2")
    .replace(/(\*\*|__|~~|\|\||\*)(?=\S)([\s\S]*?\S)\1/g, "$2")
    .replace(/(?<!\w)_(?=\S)([^_]*\S)_(?!\w)/g, "$1")
    .replace(/\ue000(\d+)\ue001/g, (_, index: string) => kept[Number(index)] ?? "");
}
