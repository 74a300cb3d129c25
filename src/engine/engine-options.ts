import type { Logger } from "pino";
import type { Adapter, Host } from "./adapter.ts";
import type { DirectAddress } from "./address.ts";
import type { News } from "./conversation.ts";
import type { Share } from "./fair-share.ts";
import type { Step } from "./lease.ts";
import type { Router } from "./router.ts";

/** What the engine measures; a metrics library stands behind it. */
export interface EngineMetrics {
  turn(kind: string, seconds: number): void;
  trip(step: Step): void;
  /** An event was dropped, as its sender has sent too much. */
  dropped?(platform: string): void;
  sent(platform: string, fate: "sent" | "unsent" | "unknown" | "refused"): void;
}

/** What an engine is built of. */
export interface EngineOptions {
  readonly router: Router;
  readonly adapters: readonly Adapter[];
  readonly secret: string;
  readonly log: Logger;
  readonly media: Host["media"];
  readonly keepMedia: Host["keepMedia"];
  readonly metrics?: EngineMetrics;
  /**
   * Sends news that an address refuses (blocked, gone) to another address of the same person, with `engine.signal`.
   * Returns false if there is none; the engine then leaves a hint in the shared channel where the person was met last.
   */
  readonly reroute?: (from: DirectAddress, news: News) => Promise<boolean>;
  readonly now?: () => Date;
  /** What one person may send; `PERSONS_SHARE` unless said otherwise. */
  readonly share?: Share;
}
