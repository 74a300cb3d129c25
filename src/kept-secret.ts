import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** The file is there but holds too little; overwriting it would lock away what was sealed with it. */
export class ShortSecret extends Error {
  readonly code = "SHORT_SECRET";
}

/**
 * The secret kept in the file `secret` of `dataDir` (mode 0600), made at the first start. Losing it loses the
 * personal data sealed with it, so it is on disk before it is used and is never written over.
 *
 * @throws {ShortSecret} when the file holds less than 32 characters, and the file system's own errors
 */
export function keptSecret(dataDir: string): string {
  const file = join(dataDir, "secret");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (statSync(file, { throwIfNoEntry: false }) === undefined) make(dataDir, file);
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  const secret = readFileSync(file, "utf8").trim();
  if (secret.length < 32) throw new ShortSecret(`the file ${file} holds fewer; put your secret back into it`);
  return secret;
}

/** Writes beside and links into place: two starts at once agree on one secret, a crash leaves no half of it. */
function make(dataDir: string, file: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeSync(handle, `${randomBytes(48).toString("base64url")}\n`);
    fsyncSync(handle);
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
  const folder = openSync(dataDir, "r");
  fsyncSync(folder);
  closeSync(folder);
}
