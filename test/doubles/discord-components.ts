import { type FormErrors, isJson, type Json, json, list, type Path } from "./discord-refusal.ts";

/** Numbers of Discord's components (https://discord.com/developers/docs/components/reference). */
export const Kind = {
  row: 1,
  button: 2,
  select: 3,
  textInput: 4,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
} as const;

const AUTO_SELECTS = [5, 6, 7, 8];
const TOP_V2 = [Kind.row, Kind.section, Kind.text, Kind.gallery, Kind.file, Kind.separator, Kind.container];
const IN_CONTAINER = TOP_V2.filter((kind) => kind !== Kind.container);
const COMPONENTS_MAX = 40;
const DISPLAYED_MAX = 4000;

/** A component and everything in it, depth first. */
export function* nested(component: Json): Generator<Json> {
  yield component;
  for (const child of [...list(component.components), component.component, component.accessory])
    if (isJson(child)) yield* nested(child);
}

/** All components of a message or a modal, depth first. */
export const everyComponent = (components: unknown): Json[] =>
  list(components).flatMap((each) => (isJson(each) ? [...nested(each)] : []));

/** Whether something is an address a button may lead to. */
function checkUrl(errors: FormErrors, path: Path, value: unknown, schemes: readonly string[]): void {
  const url = errors.text(path, value, 1, 512);
  if (url === "") return;
  if (!URL.canParse(url)) errors.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
  else if (!schemes.includes(new URL(url).protocol.slice(0, -1)))
    errors.add(
      path,
      "URL_TYPE_INVALID_SCHEME",
      `Scheme "${new URL(url).protocol.slice(0, -1)}" is not supported. Scheme must be one of (${schemes.map((each) => `'${each}'`).join(", ")}).`,
    );
}

/** Checks the components of a message, and that its media name only attachments it has. */
export class MessageComponents {
  readonly #errors: FormErrors;
  readonly #files: readonly string[];
  readonly #customIds = new Set<string>();

  /** @param files names and addresses of the attachments the message has */
  constructor(errors: FormErrors, files: readonly string[]) {
    this.#errors = errors;
    this.#files = files;
  }

  /** Classic components: up to five rows of buttons, or of one select. */
  classic(components: unknown): void {
    this.#errors.entries(["components"], components, 0, 5).forEach((each, i) => {
      const path = ["components", i];
      if (this.#known(path, each, [Kind.row])) this.#row(path, json(each));
    });
  }

  /** Components V2: at most 40 in all, with at most 4000 characters of text on display. */
  v2(components: unknown): void {
    const all = everyComponent(components);
    if (all.length > COMPONENTS_MAX)
      this.#errors.add(
        ["components"],
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        `The maximum number of components is ${COMPONENTS_MAX}.`,
      );
    const displayed = all
      .filter(({ type }) => type === Kind.text)
      .map(({ content }) => String(content).length);
    if (displayed.reduce((sum, length) => sum + length, 0) > DISPLAYED_MAX)
      this.#errors.add(
        ["components"],
        "COMPONENT_MAX_TOTAL_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        `Displayable text size must be ${DISPLAYED_MAX} or fewer.`,
      );
    this.#errors.entries(["components"], components, 1, COMPONENTS_MAX).forEach((each, i) => {
      this.#layout(["components", i], each, TOP_V2);
    });
  }

  #known(path: Path, component: unknown, kinds: readonly number[]): boolean {
    const type = json(component).type;
    if (typeof type === "number" && kinds.includes(type)) return true;
    this.#errors.add(
      [...path, "type"],
      "UNION_TYPE_CHOICES",
      `Value of field "type" must be one of (${kinds.join(", ")}).`,
    );
    return false;
  }

  #layout(path: Path, each: unknown, kinds: readonly number[]): void {
    if (!this.#known(path, each, kinds)) return;
    const component = json(each);
    switch (component.type) {
      case Kind.row:
        this.#row(path, component);
        return;
      case Kind.text:
        return void this.#errors.text([...path, "content"], component.content, 1, DISPLAYED_MAX);
      case Kind.section:
        this.#section(path, component);
        return;
      case Kind.gallery:
        this.#gallery(path, component);
        return;
      case Kind.file:
        this.#media([...path, "file", "url"], json(component.file).url, true);
        return;
      case Kind.separator:
        if (component.spacing !== undefined)
          this.#errors.choice([...path, "spacing"], component.spacing, [1, 2]);
        return;
      case Kind.container:
        this.#errors.whole([...path, "accent_color"], component.accent_color, 0, 0xffffff);
        this.#errors
          .entries([...path, "components"], component.components, 1, COMPONENTS_MAX)
          .forEach((child, i) => {
            this.#layout([...path, "components", i], child, IN_CONTAINER);
          });
    }
  }

  #section(path: Path, section: Json): void {
    this.#errors.entries([...path, "components"], section.components, 1, 3).forEach((child, i) => {
      this.#layout([...path, "components", i], child, [Kind.text]);
    });
    const at = [...path, "accessory"];
    if (section.accessory === undefined) {
      this.#errors.add(at, "BASE_TYPE_REQUIRED", "This field is required");
      return;
    }
    if (!this.#known(at, section.accessory, [Kind.button, Kind.thumbnail])) return;
    const accessory = json(section.accessory);
    if (accessory.type === Kind.button) {
      this.#button(at, accessory);
      return;
    }
    this.#media([...at, "media", "url"], json(accessory.media).url);
    this.#errors.text([...at, "description"], accessory.description, 0, 1024);
  }

  #gallery(path: Path, gallery: Json): void {
    this.#errors.entries([...path, "items"], gallery.items, 1, 10).forEach((item, i) => {
      const at = [...path, "items", i];
      this.#media([...at, "media", "url"], json(json(item).media).url);
      this.#errors.text([...at, "description"], json(item).description, 0, 1024);
    });
  }

  /** An address of a picture or file, or `attachment://` and the name of a file sent along. */
  #media(path: Path, value: unknown, attachmentOnly = false): void {
    const name = /^attachment:\/\/(.+)$/.exec(String(value))?.[1];
    if (name === undefined) {
      if (!attachmentOnly) {
        checkMediaUrl(this.#errors, path, value);
        return;
      }
      if (!this.#files.includes(String(value)))
        this.#errors.add(
          path,
          "UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED",
          "Only attachments may be used here",
        );
      return;
    }
    if (!this.#files.includes(name))
      this.#errors.add(
        path,
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
        `The referenced attachment "${name}" was not found.`,
      );
  }

  #row(path: Path, row: Json): void {
    const children = this.#errors.entries([...path, "components"], row.components, 1, 5);
    const selects = children.filter((child) => json(child).type !== Kind.button);
    if (selects.length > 0 && children.length > 1)
      this.#errors.add(
        [...path, "components"],
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        "The specified component exceeds the maximum width",
      );
    children.forEach((child, i) => {
      const at = [...path, "components", i];
      if (!this.#known(at, child, [Kind.button, Kind.select, ...AUTO_SELECTS])) return;
      const component = json(child);
      if (component.type === Kind.button) this.#button(at, component);
      else {
        this.#customId(at, component.custom_id);
        checkSelect(this.#errors, at, component);
      }
    });
  }

  #button(path: Path, button: Json): void {
    this.#errors.choice([...path, "style"], button.style, [1, 2, 3, 4, 5]);
    this.#errors.text([...path, "label"], button.label, button.emoji === undefined ? 1 : 0, 80);
    if (button.emoji !== undefined) checkEmoji(this.#errors, [...path, "emoji"], button.emoji);
    if (button.style !== 5) {
      if (button.url !== undefined)
        this.#errors.add(path, "BUTTON_COMPONENT_INVALID_URL", "Only link buttons can have a url");
      this.#customId(path, button.custom_id);
      return;
    }
    if (button.custom_id !== undefined)
      this.#errors.add(
        path,
        "BUTTON_COMPONENT_CUSTOM_ID_AND_URL_MUTUALLY_EXCLUSIVE",
        "A custom id and url cannot both be specified",
      );
    checkUrl(this.#errors, [...path, "url"], button.url, ["http", "https", "discord"]);
  }

  #customId(path: Path, value: unknown): void {
    const at = [...path, "custom_id"];
    const id = this.#errors.text(at, value, 1, 100);
    if (id !== "" && this.#customIds.has(id))
      this.#errors.add(at, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    this.#customIds.add(id);
  }
}

/** Checks the address of a picture: http(s), up to 2048 characters. */
export function checkMediaUrl(errors: FormErrors, path: Path, value: unknown): void {
  const url = errors.text(path, value, 1, 2048);
  if (url !== "" && !(URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol)))
    errors.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
}

/** Checks a select menu but for its custom id: 1 to 25 options with values of their own. */
export function checkSelect(errors: FormErrors, path: Path, select: Json): void {
  errors.text([...path, "placeholder"], select.placeholder, 0, 150);
  errors.whole([...path, "min_values"], select.min_values, 0, 25);
  errors.whole([...path, "max_values"], select.max_values, 1, 25);
  if (select.type !== Kind.select) return;
  const values = new Set<string>();
  const options = errors.entries([...path, "options"], select.options, 1, 25);
  options.forEach((each, i) => {
    const at = [...path, "options", i];
    const option = json(each);
    errors.text([...at, "label"], option.label, 1, 100);
    errors.text([...at, "description"], option.description, 0, 100);
    if (option.emoji !== undefined) checkEmoji(errors, [...at, "emoji"], option.emoji);
    const value = errors.text([...at, "value"], option.value, 1, 100);
    if (value !== "" && values.has(value))
      errors.add(
        [...at, "value"],
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        "The specified option value is already used",
      );
    values.add(value);
  });
  const max = typeof select.max_values === "number" ? select.max_values : 1;
  if (Math.max(max, Number(select.min_values ?? 1)) > options.length)
    errors.add(
      [...path, "options"],
      "SELECT_COMPONENT_MAX_VALUES_EXCEEDS_OPTIONS",
      `Must be between ${max} and 25 in length.`,
    );
  if (options.filter((option) => json(option).default === true).length > max)
    errors.add(
      [...path, "options"],
      "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
      "Too many default options specified",
    );
}

const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

function checkEmoji(errors: FormErrors, path: Path, value: unknown): void {
  const { id, name } = json(value);
  if (id === undefined || id === null ? !EMOJI.test(String(name)) : !/^\d+$/.test(String(id)))
    errors.add(path, "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji");
}
