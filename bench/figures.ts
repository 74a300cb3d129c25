import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a figure is held against. */
export interface Aim {
  /** The target is met by this value or more. */
  least?: number;
  /** The target is met by this value or less. */
  most?: number;
  /** The same thing done by something simpler in the same run; the ratio is told. */
  reference?: number;
}

/** One measured figure as bench/<name>.json has it. */
export interface Figure extends Aim {
  name: string;
  value: number;
  unit: string;
  /** Whether the target was met; absent without a target. */
  met?: boolean;
  /** `value / reference`; absent without a reference. */
  ratio?: number;
}

/** Collects the figures of one benchmark, prints each as it comes, and writes them all to a file. */
export class Figures {
  readonly #name: string;
  readonly #dir: string;
  readonly #figures: Figure[] = [];

  /** `name` names the file, `<dir>/<name>.json`; `dir` is `bench` below the working directory unless given. */
  constructor(name: string, dir = "bench") {
    this.#name = name;
    this.#dir = dir;
  }

  /** Notes a figure and prints its line: name, value, unit, target, whether it is met, ratio to the reference. */
  tell(name: string, value: number, unit: string, aim: Aim = {}): void {
    const figure: Figure = { name, value: rounded(value), unit, ...aim };
    if (aim.least !== undefined || aim.most !== undefined)
      figure.met = value >= (aim.least ?? Number.NEGATIVE_INFINITY) && value <= (aim.most ?? Infinity);
    if (aim.reference !== undefined) figure.ratio = rounded(value / aim.reference);
    this.#figures.push(figure);
    process.stdout.write(`${line(figure)}\n`);
  }

  /** The names of the figures whose target was not met. */
  get missed(): string[] {
    return this.#figures.filter(({ met }) => met === false).map(({ name }) => name);
  }

  /** Writes the file with the machine, the date and the figures, and gives its path. */
  write(now = new Date()): string {
    mkdirSync(this.#dir, { recursive: true });
    const path = join(this.#dir, `${this.#name}.json`);
    const content = { date: now.toISOString(), machine: machine(), figures: this.#figures };
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
    return path;
  }
}

function line({ name, value, unit, least, most, met, ratio }: Figure): string {
  const parts = [name.padEnd(60), value.toLocaleString("en").padStart(12), unit.padEnd(5)];
  const target = [
    least === undefined ? "" : `at least ${least.toLocaleString("en")}`,
    most === undefined ? "" : `at most ${most.toLocaleString("en")}`,
  ].filter(Boolean);
  if (target.length > 0) parts.push(`${met ? "met" : "MISSED"} (${target.join(", ")})`);
  if (ratio !== undefined) parts.push(`${ratio} x the reference`);
  return parts.join(" ").trimEnd();
}

/** Four significant digits: more would claim a precision that a shared machine does not have. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}

function machine(): Record<string, string | number> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: rounded(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Percentiles of a set of samples, in their unit. */
export interface Spread {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Percentiles by the nearest-rank method; all 0 for no samples. */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** How long an event loop stood still, in milliseconds. */
export interface Lag extends Spread {
  /**
   * The most processor time of the event loop's thread between two looks, where the system tells it apart (Linux; else
   * of the process): unlike the rest it has no part in what others do on the machine.
   */
  cpuMax: number;
}

/** Watches this process's event loop; the function it gives stops it and tells the lag. */
export function watchLoop(): () => Lag {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let cpuMax = 0;
  let before = processorMs();
  const timer = setInterval(() => {
    const now = processorMs();
    cpuMax = Math.max(cpuMax, now - before);
    before = now;
  }, 1);
  timer.unref();
  return () => {
    histogram.disable();
    clearInterval(timer);
    const ms = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : 0);
    return {
      p50: ms(histogram.percentile(50)),
      p95: ms(histogram.percentile(95)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
      cpuMax,
    };
  };
}

/** Milliseconds of processor time of the main thread (proc(5), "schedstat"), or of all threads where that is unknown. */
function processorMs(): number {
  if (process.platform === "linux")
    return Number(readFileSync("/proc/self/schedstat", "latin1").split(" ")[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** This process's memory in megabytes (2^20 bytes). The heap is only comparable after a collection (`--expose-gc`). */
export function memory(): { rss: number; heap: number } {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 };
}
