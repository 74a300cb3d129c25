import { LRUCache } from "lru-cache";
import { atMost } from "../../src/engine/backoff.ts";
import type { Sender } from "../../src/engine/inbound.ts";
import { legible } from "../../src/engine/legible.ts";
import type { Workspace } from "./installations.ts";

/** How long an event waits for who its sender is, in milliseconds: it must be acknowledged within 3 s. */
const PATIENCE = 500;
const DAY = 24 * 3600_000;

/** Names and languages of people, asked for at first sight. */
export class People {
  readonly #known = new LRUCache<string, Promise<Omit<Sender, "id">>>({ max: 10_000, ttl: DAY });

  /** The sender of an event, without name and language if Slack does not tell them at once. Never rejects. */
  async sender(workspace: Workspace, id: string): Promise<Sender> {
    const key = `${workspace.team}/${id}`;
    const known = this.#known.get(key) ?? this.#ask(workspace, id, key);
    let found: Omit<Sender, "id"> = {};
    await atMost(
      PATIENCE,
      known.then((told) => {
        found = told;
      }),
    );
    return { id, ...found };
  }

  #ask({ client }: Workspace, user: string, key: string): Promise<Omit<Sender, "id">> {
    const asking = client.users.info({ user, include_locale: true }).then(
      ({ user: found }) => {
        const name = legible(found?.profile?.display_name || found?.real_name || "");
        return { ...(name !== "" && { name }), ...(found?.locale && { locale: found.locale }) };
      },
      () => {
        // Without the answer people are served all the same; it is asked for again after a while.
        this.#known.set(key, Promise.resolve({}), { ttl: 10 * 60_000 });
        return {};
      },
    );
    this.#known.set(key, asking);
    return asking;
  }
}
