import type { Logger } from "pino";
import type { Host } from "../../src/engine/adapter.ts";
import type { Address, Inbound } from "../../src/engine/inbound.ts";
import type { PictureUploads } from "./files.ts";
import type { Installations } from "./installations.ts";
import type { People } from "./people.ts";

/** What listening needs. */
export interface Ears {
  readonly host: Host;
  readonly installations: Installations;
  readonly people: People;
  readonly pictures: PictureUploads;
  readonly apiRoot: string;
  /** The slash command, "/shop". */
  readonly command: string;
  readonly log: Logger;
}

/** Hands an event to the engine, with what Slack tells of the person. Rejects if it could not be stored. */
export async function accept(
  { host, installations, people }: Ears,
  { user, ...event }: Omit<Inbound, "sender"> & { readonly address: Address; readonly user: string },
): Promise<void> {
  const sender = await people.sender(await installations.of(event.address.connection), user);
  await host.accept({ ...event, sender });
}
