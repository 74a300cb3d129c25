import { driverCollection } from "../store/driver-collection.ts";
import { ConversationModel } from "./conversation.ts";

/** How long a conversation is worked on before another process may take it over, in milliseconds. */
export const LEASE_MS = 30_000;
/** Nobody works on it. */
export const FREE = new Date(0);

/** When a lease ends that is taken, or made longer, now. */
export const leaseEnd = (now: Date): Date => new Date(now.getTime() + LEASE_MS);

/** What a round trip to the store was for. */
export type Step = "accept" | "claim" | "commit" | "note" | "settle" | "sweep" | "page";

/** What an update answers: all but past deliveries, which only the store compares. */
export const AFTER = { returnDocument: "after", projection: { seen: 0 } } as const;

/**
 * The conversations past mongoose, which would cast every one of the commands of a turn: what they write is made here or
 * sealed, never what somebody sent.
 */
export const conversations = () => driverCollection(ConversationModel);
