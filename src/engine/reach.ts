import mongoose from "mongoose";
import type { Adapter } from "./adapter.ts";
import type { Address } from "./address.ts";

/** What a process can answer: conversations of a platform, those of one connection or all but those of some. */
export interface Reach {
  readonly platform: string;
  readonly connection?: string;
  readonly except?: readonly string[];
}

/** What these adapters reach now; it may grow, as some learn only from the platform which workspace is theirs. */
export const reachOf = (adapters: Iterable<Adapter>): readonly Reach[] =>
  [...adapters].flatMap(
    (adapter): Reach[] =>
      adapter.connections?.().map((connection) => ({ platform: adapter.name, connection })) ?? [
        { platform: adapter.name, except: adapter.refused?.() ?? [] },
      ],
  );

/** Whether an adapter can answer there. */
export const canReach = (adapter: Adapter, { platform, connection }: Address): boolean =>
  adapter.name === platform &&
  (adapter.connections?.().includes(connection) ?? !adapter.refused?.().includes(connection));

/** The conversations that are reached, as fields of a filter. */
export const inReach = ({
  platform,
  connection,
  except = [],
}: Reach): { "address.platform": string; "address.connection"?: string | { $nin: string[] } } => ({
  "address.platform": platform,
  ...(connection !== undefined && { "address.connection": connection }),
  ...(except.length > 0 && { "address.connection": mongoose.trusted({ $nin: [...except] }) }),
});
