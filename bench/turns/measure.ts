import { monitorEventLoopDelay } from "node:perf_hooks";
import mongoose from "mongoose";
import type { Sample } from "./questions.ts";

/**
 * Watches this process: the function it gives takes a sample. Call it before anything connects to the store: with
 * `COUNT_COMMANDS` it makes mongoose's connections tell of their commands, for which the driver decodes each answer twice.
 */
export function watchProcess(): (collect: boolean) => Sample {
  const commands: Record<string, number> = {};
  const lag = monitorEventLoopDelay({ resolution: 2 });
  lag.enable();
  if (process.env.COUNT_COMMANDS) countInto(commands);
  return (collect) => {
    const { user, system } = process.cpuUsage();
    if (collect) globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const ms = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : 0);
    const sample = {
      cpuMs: (user + system) / 1000,
      rssMb: rss / 2 ** 20,
      heapMb: heapUsed / 2 ** 20,
      lagP99: ms(lag.percentile(99)),
      lagMax: ms(lag.max),
      commands: { ...commands },
    };
    lag.reset();
    return sample;
  };
}

/** Counts the commands that mongoose's connections will send, by name and collection. */
function countInto(commands: Record<string, number>): void {
  const connect = mongoose.connect.bind(mongoose);
  mongoose.connect = async (uri, options) => {
    const connected = connect(uri, { ...options, monitorCommands: true });
    mongoose.connection.getClient().on("commandStarted", ({ commandName, command }) => {
      const about = `${commandName} ${String(command[commandName])}`;
      commands[about] = (commands[about] ?? 0) + 1;
    });
    return connected;
  };
}
