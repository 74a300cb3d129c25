/**
 * Durable delayed work. The truth is in the store: a job added is done at least once, also after a crash.
 * Adding a job with an id that is known changes nothing, so adding is safe to repeat. Ids hold no ":".
 */
export interface Queue {
  add(name: string, id: string, data: unknown, runAt?: Date): Promise<void>;
  /** Registers the one handler of a name. A handler that throws is run again later, with growing pauses. */
  work(name: string, handler: (data: unknown, job: { id: string; attempt: number }) => Promise<void>): void;
  start(): Promise<void>;
  /** Waits for the jobs under way, takes no new ones. */
  stop(): Promise<void>;
}
