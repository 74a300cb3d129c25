import { monitorEventLoopDelay } from "node:perf_hooks";
import mongoose from "mongoose";
import type { Sample } from "./questions.ts";

/**
 * Watches this process: the function it gives takes a sample. Call it before anything connects to the store, since it
 * makes mongoose's connections tell of their commands (some microseconds each, part of what is measured).
 */
export function watchProcess(): (collect: boolean) => Sample {
  const commands: Record<string, number> = {};
  const lag = monitorEventLoopDelay({ resolution: 2 });
  lag.enable();
  const connect = mongoose.connect.bind(mongoose);
  mongoose.connect = async (uri, options) => {
    const connected = connect(uri, { ...options, monitorCommands: true });
    mongoose.connection.getClient().on("commandStarted", ({ commandName, command }) => {
      const about = `${commandName} ${String(command[commandName])}`;
      commands[about] = (commands[about] ?? 0) + 1;
    });
    return connected;
  };
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
