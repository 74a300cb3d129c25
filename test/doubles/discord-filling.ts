import { Kind } from "./discord-components.ts";
import type { Modal, ModalField } from "./discord-modals.ts";
import { type Json, json, list } from "./discord-refusal.ts";
import type { Attachment } from "./discord-world.ts";
import { rank } from "./label-rank.ts";

/** What a person enters into forms, by the beginnings of the labels. */
export type Entries = ReadonlyMap<string, string | Uint8Array>;

/** What a modal cannot be sent with. */
export class CannotSubmit extends Error {
  readonly code = "CANNOT_SUBMIT";
}

/**
 * The data of a modal's submission with what a person enters.
 *
 * @param upload keeps a file and answers its attachment
 * @returns the interaction's data, and the keys of the entries that found a field
 * @throws {CannotSubmit} where Discord's client would not send it: a required field empty, a text too long
 */
export function submission(
  modal: Modal,
  entries: Entries,
  upload: (bytes: Uint8Array) => Attachment,
): { data: Json; used: string[] } {
  const used: string[] = [];
  const attachments: Record<string, Json> = {};
  const components = modal.fields.map((field, i) => {
    const key = keyOf(field, entries);
    if (key !== undefined) used.push(key);
    const entered = key === undefined ? undefined : entries.get(key);
    const answer = answerOf(field, entered, (bytes) => {
      const kept = upload(bytes);
      attachments[kept.id] = { ...kept, proxy_url: kept.url, ephemeral: true };
      return kept.id;
    });
    const component = {
      type: field.component.type,
      id: i * 2 + 2,
      custom_id: field.component.custom_id,
      ...answer,
    };
    return field.labelled
      ? { type: Kind.label, id: i * 2 + 1, component }
      : { type: Kind.row, id: i * 2 + 1, components: [component] };
  });
  const resolved = Object.keys(attachments).length === 0 ? {} : { resolved: { attachments } };
  return { data: { custom_id: modal.customId, components, ...resolved }, used };
}

/** The entry whose key the label begins with; the longest, where several do. */
function keyOf({ label }: ModalField, entries: Entries): string | undefined {
  return [...entries.keys()]
    .filter((key) => label.toLowerCase().startsWith(key.toLowerCase()))
    .sort((a, b) => b.length - a.length)[0];
}

function answerOf(
  { label, component }: ModalField,
  entered: string | Uint8Array | undefined,
  keep: (bytes: Uint8Array) => string,
): Json {
  const required = component.required !== false;
  if (component.type === Kind.fileUpload) {
    if (typeof entered === "string") throw new CannotSubmit(`"${label}" takes a file`);
    if (entered === undefined && required) throw new CannotSubmit(`"${label}" needs a file`);
    return { values: entered === undefined ? [] : [keep(entered)] };
  }
  if (entered !== undefined && typeof entered !== "string")
    throw new CannotSubmit(`"${label}" takes no file`);
  if (component.type === Kind.select) return { values: chosen(label, component, entered, required) };
  const value = entered ?? String(component.value ?? "");
  const max = Number(component.max_length ?? 4000);
  const min = Math.max(Number(component.min_length ?? 0), required ? 1 : 0);
  if (value.length > max) throw new CannotSubmit(`"${label}" takes at most ${max} characters`);
  if (value.length < min && (required || value !== ""))
    throw new CannotSubmit(`"${label}" needs ${min} characters`);
  return { value };
}

function chosen(label: string, select: Json, entered: string | undefined, required: boolean): string[] {
  const options = list(select.options).map(json);
  if (entered === undefined) {
    const preset = options.filter((option) => option.default === true).map(({ value }) => String(value));
    if (preset.length === 0 && required) throw new CannotSubmit(`"${label}" needs a choice`);
    return preset;
  }
  const [best] = options
    .map((option) => ({ value: String(option.value), fits: rank(entered, String(option.label)) }))
    .sort((a, b) => b.fits - a.fits);
  if (best === undefined || best.fits === 0) throw new CannotSubmit(`"${label}" has no option "${entered}"`);
  return [best.value];
}
