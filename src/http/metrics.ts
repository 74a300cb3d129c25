import { Hono } from "hono";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What Hawker counts. Labels are closed sets, never ids or texts from outside. */
export interface Metrics {
  readonly registry: Registry;
  /** Seconds of a request by method, route pattern and status. */
  readonly httpSeconds: Histogram<"method" | "route" | "status">;
  /** Turns by what started them: text, command, press, form, photo, signal, … */
  readonly turns: Counter<"kind">;
  /** Seconds of a turn's handler, tries that failed included, without the engine's own writes. */
  readonly turnSeconds: Histogram<"kind">;
  /** The engine's own round trips to the store: three a turn, and some more where events of one conversation meet. */
  readonly storeTrips: Counter<"step">;
  /** Messages by platform and fate: sent, unsent, unknown, refused. */
  readonly outboxSends: Counter<"platform" | "fate">;
  /** Events that were dropped, as their sender sent too much, by platform. */
  readonly eventsDropped: Counter<"platform">;
  /** Jobs run by name and outcome: done, failed. */
  readonly jobs: Counter<"name" | "outcome">;
  /** Conversations with something to do that wait for a process connected to their platform. */
  readonly undeliverable: Gauge<"platform">;
  /** Payment pages that could not be opened, by whose it is to mend: merchant, email, too_small, too_large, unavailable. */
  readonly paymentRefusals: Counter<"fault">;
  /** 1 while the process serves, 0 while it drains. */
  readonly up: Gauge;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry with Hawker's own metrics and, unless told otherwise, Node's and the process's. */
export function createMetrics({
  defaults = true,
  undeliverable,
}: {
  defaults?: boolean;
  /** Counts the conversations that wait, by platform, whenever the metrics are read. */
  undeliverable?: () => Promise<Readonly<Record<string, number>>>;
} = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `hawker_${name}`, help, labelNames, registers });
  const histogram = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Histogram({ name: `hawker_${name}`, help, labelNames, buckets: seconds, registers });
  const up = new Gauge({ name: "hawker_up", help: "1 while serving, 0 while draining", registers });
  up.set(1);
  return {
    registry,
    httpSeconds: histogram("http_request_seconds", "Seconds of an HTTP request", [
      "method",
      "route",
      "status",
    ]),
    turns: counter("turns_total", "Turns by what started them", ["kind"]),
    turnSeconds: histogram("turn_seconds", "Seconds of a turn's handler", ["kind"]),
    storeTrips: counter("store_trips_total", "Round trips of the engine to the store", ["step"]),
    outboxSends: counter("outbox_sends_total", "Messages sent by platform and fate", ["platform", "fate"]),
    undeliverable: new Gauge({
      name: "hawker_undeliverable_conversations",
      help: "Conversations that wait for a process connected to their platform",
      labelNames: ["platform"],
      registers,
      async collect() {
        this.reset();
        // Where the store does not answer, the rest is told all the same; /readyz tells that.
        const counts = await undeliverable?.().catch((): Readonly<Record<string, number>> => ({}));
        for (const [platform, count] of Object.entries(counts ?? {})) this.set({ platform }, count);
      },
    }),
    eventsDropped: counter(
      "events_dropped_total",
      "Events dropped, as their sender sent too much at a time, by platform",
      ["platform"],
    ),
    jobs: counter("jobs_total", "Jobs run by name and outcome", ["name", "outcome"]),
    paymentRefusals: counter("payment_refusals_total", "Payment pages that could not be opened", ["fault"]),
    up,
  };
}

/** `GET /metrics` in Prometheus' text format. */
export const metricsRoutes = ({ registry }: Metrics): Hono =>
  new Hono().get("/metrics", async (c) =>
    c.body(await registry.metrics(), 200, { "Content-Type": registry.contentType }),
  );
