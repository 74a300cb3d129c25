import { type App, AuthorizationError, type Receiver } from "@slack/bolt";
import { InFlight } from "../../src/platform/in-flight.ts";
import { NotInstalled } from "./errors.ts";

type Payload = Parameters<App["processEvent"]>[0]["body"];

/**
 * Hands payloads to Bolt, however they came.
 *
 * Bolt acknowledges events by itself before any listener has seen them. Here its acknowledgement is kept back until
 * everything is done, so that what could not be stored is not acknowledged and Slack sends it again.
 */
export class SlackReceiver implements Receiver {
  readonly #underWay = new InFlight();
  #app: App | undefined;

  init(app: App): void {
    this.#app = app;
  }

  /** Returns what the payload is to be acknowledged with; rejects if it must not be. */
  handle(body: Payload): Promise<unknown> {
    return this.#underWay.run(async () => {
      let answer: unknown;
      const ack = async (response?: unknown): Promise<void> => {
        answer = response;
      };
      try {
        await this.#app?.processEvent({ body, ack });
      } catch (error) {
        // A workspace that removed the app: its late events are nobody's, and sending them again would not help.
        if (!(error instanceof AuthorizationError && error.original instanceof NotInstalled)) throw error;
      }
      return answer;
    });
  }

  async start(): Promise<void> {}

  /** Takes no more payloads, and waits for those under way. */
  async stop(): Promise<void> {
    await this.#underWay.stop();
  }
}
