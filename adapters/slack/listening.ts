import type { Logger } from "pino";
import type { Host } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/address.ts";
import type { Inbound, Sender } from "../../src/engine/inbound.ts";
import type { People } from "../../src/platform/people.ts";
import type { UploadedPictures } from "../../src/platform/uploaded-pictures.ts";
import type { Installations, Workspace } from "./installations.ts";

/** What listening needs. */
export interface Listening {
  readonly host: Host;
  readonly installations: Installations;
  readonly people: People;
  readonly pictures: UploadedPictures;
  readonly apiRoot: string;
  /** The slash command, "/shop". */
  readonly command: string;
  readonly log: Logger;
}

/** Hands an event to the engine, with what Slack tells of the person. Rejects if it could not be stored. */
export async function accept(
  { host, installations, people }: Listening,
  { user, ...event }: Omit<Inbound, "sender"> & { readonly address: Address; readonly user: string },
): Promise<void> {
  const sender = await senderIn(people, await installations.of(event.address.connection), user);
  await host.accept({ ...event, sender });
}

/** A person with the name and language that Slack tells of them. */
export const senderIn = (people: People, { team, client }: Workspace, user: string): Promise<Sender> =>
  people.sender(team, user, async () => {
    const { user: found } = await client.users.info({ user, include_locale: true });
    return { name: found?.profile?.display_name || found?.real_name, locale: found?.locale };
  });
