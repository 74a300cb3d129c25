import { type App, AuthorizationError, type Receiver } from "@slack/bolt";
import { NotInstalled } from "./errors.ts";

type Payload = Parameters<App["processEvent"]>[0]["body"];

/** The adapter takes no more events. */
class Stopped extends Error {
  readonly code = "SLACK_STOPPED";
}

/**
 * Hands payloads to Bolt, however they came.
 *
 * Bolt acknowledges events by itself before any listener has seen them. Here its acknowledgement is kept back until
 * everything is done, so that what could not be stored is not acknowledged and Slack sends it again.
 */
export class SlackReceiver implements Receiver {
  readonly #underWay = new Set<Promise<unknown>>();
  #app: App | undefined;
  #stopped = false;

  init(app: App): void {
    this.#app = app;
  }

  /** Answers what the payload is to be acknowledged with; rejects if it must not be. */
  handle(body: Payload): Promise<unknown> {
    const work = this.#process(body).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return work;
  }

  async #process(body: Payload): Promise<unknown> {
    if (this.#stopped || this.#app === undefined) throw new Stopped("The adapter is not running");
    let answer: unknown;
    const ack = async (response?: unknown): Promise<void> => {
      answer = response;
    };
    try {
      await this.#app.processEvent({ body, ack });
    } catch (error) {
      // A workspace that removed the app: its late events are nobody's, and sending them again would not help.
      if (!(error instanceof AuthorizationError && error.original instanceof NotInstalled)) throw error;
    }
    return answer;
  }

  async start(): Promise<void> {
    this.#stopped = false;
  }

  /** Takes no more payloads, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#underWay);
  }
}
