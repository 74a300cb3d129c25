import { CommandError } from "./errors.ts";

/** The database of a namespace. */
export function databaseOf(namespace: string): string {
  const dot = namespace.indexOf(".");
  return dot < 0 ? namespace : namespace.slice(0, dot);
}

/** The collection of a namespace. */
export function collectionOf(namespace: string): string {
  return namespace.slice(namespace.indexOf(".") + 1);
}

/** @throws {CommandError} InvalidNamespace (source: MongoDB manual, "Naming Restrictions"). */
export function checkNamespace(namespace: string): void {
  const name = collectionOf(namespace);
  const bad =
    name === "" ||
    name.includes("$") ||
    name.includes("\0") ||
    name.startsWith(".") ||
    Buffer.byteLength(namespace) > 255;
  if (bad) throw new CommandError("InvalidNamespace", `Invalid collection name: ${name}`);
}
