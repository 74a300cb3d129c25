import type { Index } from "./index-definition.ts";
import { type IndexKeys, indexKeys } from "./index-keys.ts";
import { checkDeclared } from "./index-kinds.ts";
import type { Doc } from "./value.ts";
import { wordKeys } from "./word-keys.ts";

/** The keys a document has in an index, none when the index leaves it out. @throws {CommandError} as `indexKeys`. */
export function keysOf(index: Index, doc: Doc): IndexKeys | undefined {
  if (index.partial && !index.includes(doc)) return undefined;
  if (index.declared) return index.unique ? wordKeys(index.spec, doc) : undefined;
  const made = indexKeys(doc, index.paths, index.directions, index.collation);
  return index.sparse && made.missing ? undefined : made;
}

/** The keys of a document that is to be written. @throws {CommandError} as `indexKeys` and `checkDeclared`. */
export function newKeysOf(index: Index, doc: Doc): IndexKeys | undefined {
  if (index.declared && (!index.partial || index.includes(doc))) checkDeclared(index.spec, doc);
  return keysOf(index, doc);
}
