import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** The data directory is open in another process. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
  readonly code = "STORE_IN_USE";
}

interface Holder {
  pid: number;
  /** When the process started, so that another process with the same number is told apart. */
  started: string;
}

const held = new Set<string>();

/** When a process started, in clock ticks since boot, with the boot's id (Linux); empty when that is not known. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    // The name, in parentheses, may hold blanks; the start time is the 20th field after it (proc(5)).
    return `${boot}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return "";
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(pid);
  return started === "" || now === "" || now === started;
}

function readHolder(path: string): Holder | undefined {
  try {
    const [pid, started] = readFileSync(path, "utf8").split("\n");
    const number = Number(pid);
    return Number.isInteger(number) && number > 0 ? { pid: number, started: started ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the directory for this process and gives the function that lets it go.
 *
 * The lock is a file made by a hard link, which succeeds for one process only. It names the process and when it
 * started: what a dead process left is taken over, even when its number belongs to another process now.
 *
 * @throws {DirectoryInUse} when a living process has it.
 */
export function lockDirectory(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, "store.lock");
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const file = openSync(draft, "wx", 0o600);
  writeSync(file, `${process.pid}\n${startOf(process.pid)}\n`);
  closeSync(file);
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        linkSync(draft, path);
        held.add(path);
        return () => {
          if (held.delete(path)) rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(path);
      const mine = holder?.pid === process.pid && holder.started === startOf(process.pid);
      if (holder && (mine ? held.has(path) : isAlive(holder))) {
        throw new DirectoryInUse(
          `${dir} is in use by process ${holder.pid}. Stop it first, or give another directory.`,
        );
      }
      // Of several processes that find the same stale lock one moves it away; the others try again.
      const stale = `${draft}.stale`;
      try {
        renameSync(path, stale);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        continue;
      }
      const moved = readHolder(stale);
      if (moved && holder && (moved.pid !== holder.pid || moved.started !== holder.started)) {
        // It was not the stale one any more but a fresh one: give it back.
        linkSync(stale, path);
      }
      rmSync(stale, { force: true });
    }
    throw new DirectoryInUse(`${dir} is in use: its lock changes hands all the time.`);
  } finally {
    rmSync(draft, { force: true });
  }
}
