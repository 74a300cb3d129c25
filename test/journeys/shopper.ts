/**
 * A person shopping, on whatever platform: journeys are written against this, and run on Telegram and the web.
 *
 * Every step waits (event-driven, up to five seconds) for what it needs: a press for its button to appear,
 * a look for its text. A step that waits in vain throws with the transcript.
 */
export interface Shopper {
  /** Types a message; commands start with "/". */
  says(text: string): Promise<void>;
  /**
   * Presses the button on the newest message that has one of this label. A string means the whole label,
   * then the label without symbols around it, then a part of it.
   */
  presses(label: string | RegExp): Promise<void>;
  /** Fills in a form. Values are keyed by English field label: Name, Email, Phone, Street, City, Postal code, Country; bytes are a picture. */
  fills(form: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Waits until a message as it stands now (its text, then its buttons as [label]) matches. */
  sees(text: RegExp, timeoutMs?: number): Promise<Seen>;
  /** The address behind a link button, a text link or "label: address". */
  link(label: string | RegExp): Promise<string>;
  sendsPhoto(bytes: Uint8Array): Promise<void>;
  /** The conversation so far, for people to read. */
  transcript(): string;
}

/** A message a person sees. */
export interface Seen {
  readonly text: string;
  /** Labels of its buttons and links. */
  readonly buttons: readonly string[];
}
