import { CannotOpen, open, seal } from "../store/secret-box.ts";
import { readAddress } from "./address.ts";
import type { Conversation, OutboxEntry, StoredConversation } from "./conversation.ts";
import type { Inbound } from "./inbound.ts";
import type { Screen } from "./screens.ts";

/**
 * What people write, what they are shown and what a form has gathered so far holds names and addresses, so it lies
 * in the store encrypted, bound to its conversation and its place in it. Only ids stay readable, for the updates.
 */
const place = (conversation: string, field: "inbox" | "outbox" | "state" | "screens") =>
  ({ collection: "conversations", field, id: conversation }) as const;

export const sealEvent = (_id: string, event: Inbound) => ({
  id: event.id,
  sealed: seal(JSON.stringify(event), place(_id, "inbox")),
});

export const sealReply = (_id: string, reply: OutboxEntry) => ({
  key: reply.key,
  sealed: seal(JSON.stringify(reply), place(_id, "outbox")),
});

export const sealState = (_id: string, state: unknown): string =>
  seal(JSON.stringify(state ?? null), place(_id, "state"));

export const sealScreens = (_id: string, screens: readonly Screen[]): string =>
  seal(JSON.stringify(screens), place(_id, "screens"));

/** An event and how it was sealed: whoever has just written it need not open it again. */
export interface SealedEvent {
  readonly sealed: string;
  readonly event: Inbound;
}

/** The conversation with everything readable. @throws {CannotOpen} if its mailbox was sealed with another secret. */
export function openConversation(stored: Omit<StoredConversation, "seen">, own?: SealedEvent): Conversation {
  const { _id, screens, subjects: _, ...rest } = stored;
  return {
    ...rest,
    _id,
    address: readAddress(stored.address),
    inbox: stored.inbox.map(({ sealed }) => {
      if (sealed === own?.sealed) return own.event;
      const event: Inbound = JSON.parse(open(sealed, place(_id, "inbox")));
      return { ...event, address: readAddress(event.address), at: new Date(event.at) };
    }),
    outbox: stored.outbox.map(({ sealed }) => openEntry(JSON.parse(open(sealed, place(_id, "outbox"))))),
    state: openState(_id, stored.state),
    screens: openScreens(_id, screens),
  };
}

function openEntry(entry: OutboxEntry): OutboxEntry {
  if (!("handover" in entry)) return entry;
  return { ...entry, handover: { ...entry.handover, address: readAddress(entry.handover.address) } };
}

/** Screens of another secret are lost, which leaves their messages where they are. */
function openScreens(_id: string, stored: string | undefined): readonly Screen[] {
  if (stored === undefined) return [];
  try {
    return JSON.parse(open(stored, place(_id, "screens")));
  } catch (error) {
    if (error instanceof CannotOpen) return [];
    throw error;
  }
}

/** A state of another secret is lost, which costs a form half filled in, not the conversation. */
export function openState(_id: string, stored: unknown): unknown {
  if (typeof stored !== "string") return stored;
  try {
    return JSON.parse(open(stored, place(_id, "state")));
  } catch (error) {
    if (error instanceof CannotOpen) return null;
    throw error;
  }
}
