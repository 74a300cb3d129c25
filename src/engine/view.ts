import type { RichText } from "./rich-text.ts";

/** What a person sees in one message, free of any platform. */
export interface View {
  readonly text?: RichText;
  readonly cards: readonly Card[];
  readonly controls: readonly Control[];
  /**
   * A form to fill in. Shown in the message where `Capabilities.forms` is "inline". Where it is "modal", the adapter
   * opens it at once if the ticket of the delivery still allows that, and shows nothing else; otherwise it shows
   * the rest of the view, whose first button asks for the form again.
   */
  readonly form?: FormView;
  /** A document to download. */
  readonly file?: FileView;
  /**
   * What of the shop it shows the state of: "cart", "order:ID". When the same subject is shown anew, or by `refresh`, older
   * messages about it are changed to the same. One with a colon is found in all conversations.
   */
  readonly subject?: string;
  /** "user": for the eyes of the person who is answered, also where others read along. */
  readonly visibility?: "all" | "user";
}

/** A text document of up to 1 MB, or a stored picture (`media`, an id for `Host.media`), as a file to keep. */
export type FileView = { readonly name: string; readonly contentType: string } & (
  | { readonly text: string; readonly media?: undefined }
  | { readonly media: string; readonly text?: undefined }
);

/** One thing in a message, such as a product: title, text, facts, a picture and controls of its own. */
export interface Card {
  readonly title: string;
  readonly text?: RichText;
  readonly image?: Media;
  readonly facts?: readonly (readonly [name: string, value: string])[];
  readonly controls?: readonly Control[];
}

/** A picture. `id` names stored bytes (read through `Host.media`), `url` is an https address for pictures kept elsewhere. */
export interface Media {
  readonly id?: string;
  readonly url?: string;
  readonly alt: string;
}

/** What a person can do next. */
export type Control = Button | Link | Pick;

/** `token` is opaque to adapters: they hand it back in a press. */
export interface Button {
  readonly kind: "button";
  readonly label: string;
  readonly token: string;
  readonly style?: "primary" | "danger";
}
/** Leads to an address outside the conversation. */
export interface Link {
  readonly kind: "link";
  readonly label: string;
  readonly url: string;
}
/** One choice among several; every option is an action of its own. */
export interface Pick {
  readonly kind: "pick";
  readonly label: string;
  readonly options: readonly {
    readonly label: string;
    readonly token: string;
    readonly selected?: boolean;
  }[];
}

/** A form as one person is shown it, in the language of `locale`. */
export interface FormView {
  readonly token: string;
  /** The language it is written in, BCP 47: hand it to `Host.problems`. */
  readonly locale: string;
  readonly title: string;
  readonly submit: string;
  readonly fields: readonly FormField[];
}
/** One field of a form. `maxLength` counts UTF-16 units; `value` is what is known already. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly input: "text" | "email" | "phone" | "long" | "choice" | "photo" | "number";
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly required: boolean;
  readonly maxLength: number;
  readonly value?: string;
  /** Why the last answer was not taken. */
  readonly problem?: string;
}
