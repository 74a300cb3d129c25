import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/** Raised when something could not be installed; the message says what was tried and what was answered. */
export class CannotInstall extends Error {
  override name = "CannotInstall";
}

/**
 * Answers a folder of the checkout's own, out of git's sight, that `install` has filled. What another run installed
 * whole is used again; `name` should hold the version.
 *
 * @throws {CannotInstall} when a command of `install` fails; nothing is left behind then.
 */
export function privatePlace(name: string, install: (folder: string) => void): string {
  const folder = resolve("node_modules/.cache/hawker", name);
  const mark = join(folder, "installed");
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    install(folder);
    // A mark made last, so that an install that was stopped half-way is not taken for a whole one.
    mkdirSync(`${mark}.new`);
    renameSync(`${mark}.new`, mark);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** Runs one command of an install to its end. @throws {CannotInstall} when it fails or is not there. */
export function run(command: string, ...given: string[]): void {
  const { status, error, stderr } = spawnSync(command, given, { encoding: "utf8", timeout: 300_000 });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split("\n").at(-1) ?? "no reason given";
  throw new CannotInstall(`${command} ${given.join(" ")}: ${why}`);
}
