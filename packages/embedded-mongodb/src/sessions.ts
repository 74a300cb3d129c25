import { createHash } from "node:crypto";
import { Binary, type Doc, isDoc, type Value } from "./value.ts";

/** How long a session lives that is not used, in minutes (source: MongoDB manual, "Server Sessions"). */
export const sessionMinutes = 30;

/** Nobody logs in here, and the digest of a name is part of a session's id. */
const nobody = new Binary(createHash("sha256").digest(), 0);

interface Session {
  id: Binary;
  lastUse: number;
}

/** The sessions of clients that this server has seen and that are neither ended nor forgotten. */
export class Sessions {
  #used = new Map<string, Session>();

  /** Notes that a command came in a session. */
  use(lsid: Value | undefined, now = Date.now()): void {
    const id = idOf(lsid);
    if (id) this.#used.set(id.toString("hex"), { id, lastUse: now });
  }

  /** Begins a session for a client; gives its id. */
  start(): Doc {
    const lsid = { id: new Binary(uuid(), Binary.SUBTYPE_UUID) };
    this.use(lsid);
    return lsid;
  }

  /** Ends a session, if there is one. */
  end(lsid: Value): void {
    const id = idOf(lsid);
    if (id) this.#used.delete(id.toString("hex"));
  }

  /** Forgets the sessions that nobody has used for half an hour. */
  sweep(now = Date.now()): void {
    for (const [key, { lastUse }] of this.#used)
      if (now - lastUse > sessionMinutes * 60_000) this.#used.delete(key);
  }

  /** The sessions as `$listLocalSessions` shows them. */
  list(): Doc[] {
    return [...this.#used.values()].map(({ id, lastUse }) => ({
      _id: { id, uid: nobody },
      lastUse: new Date(lastUse),
    }));
  }
}

function idOf(lsid: Value | undefined): Binary | undefined {
  return isDoc(lsid) && lsid.id instanceof Binary ? lsid.id : undefined;
}

function uuid(): Buffer {
  return Buffer.from(crypto.randomUUID().replaceAll("-", ""), "hex");
}
