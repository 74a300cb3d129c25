import { CommandError } from "./errors.ts";

/** The directory or the file in it cannot be used. The message says what, where and what to do, in a sentence or two. */
export class StoreUnusable extends Error {
  override readonly name = "StoreUnusable";
  readonly code = "STORE_UNUSABLE";
}

/** What the system said about a full disk: no space, over a quota, over the limit of a file's size (errno(3)). */
const fullCodes: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG", 28, 122, 27];

/** Whether an error of node or of lmdb says that nothing more fits on the disk. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return (
    fullCodes.includes(code) ||
    /No space left on device|Disk quota exceeded|File too large/.test(error.message)
  );
}

/**
 * Whether lmdb wrote less than it wanted to. It calls that an input/output error, also where the reason is that only a part
 * of a large value found room; a disk that fails is told the same way.
 */
export const isShortWrite = (error: unknown): boolean =>
  error instanceof Error && /Input\/output error/.test(error.message);

/** The answer to a write that found no room: MongoDB's OutOfDiskSpace. */
export const outOfDiskSpace = (dir: string, cause: unknown): CommandError =>
  new CommandError(
    "OutOfDiskSpace",
    isShortWrite(cause)
      ? `The disk of ${dir} is full, or fails: the write was not made. Free some space; if that does not help, look after the disk.`
      : `The disk of ${dir} is full: the write was not made. Free some space; the store then goes on by itself.`,
  );

/** Runs a step of opening the store in `dir` and gives what the system complains about as a sentence. @throws {StoreUnusable} */
export function explained<T>(dir: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const why = sentence(dir, error);
    if (why === undefined) throw error;
    throw new StoreUnusable(why, { cause: error });
  }
}

function sentence(dir: string, error: unknown): string | undefined {
  if (isDiskFull(error)) return `The disk of ${dir} is full. Free some space and start again.`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "13":
    case "30":
      return `${dir} cannot be written to. Give this user the right to, or name another directory by DATA_DIR.`;
    case "ENOTDIR":
    case "EEXIST":
      return `${dir} is not a directory. Name another one by DATA_DIR.`;
    default:
      return undefined;
  }
}
