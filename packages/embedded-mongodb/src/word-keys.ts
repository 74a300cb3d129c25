import type { IndexKeys } from "./index-keys.ts";
import { encodeKey, type Keyed, shorten } from "./key-encoding.ts";
import { splitPath, valueAt } from "./path.ts";
import { wordScores } from "./query/text.ts";
import { type Doc, double } from "./value.ts";

/**
 * The keys of a document in a text index that is unique: each word with its score in place of `_fts` and `_ftsx`.
 * Nothing is searched by them; they are kept so that none comes twice.
 */
export function wordKeys(spec: Doc, doc: Doc): IndexKeys {
  const result: IndexKeys = { keys: [], values: [], multikey: true, cut: false, missing: false };
  for (const [word, score] of wordScores(doc, spec)) {
    const values = Object.keys(spec.key as Doc).map<Keyed>((path) => {
      if (path === "_fts") return word;
      return path === "_ftsx" ? double(score) : valueAt(doc, splitPath(path));
    });
    const { key, cut } = shorten(
      encodeKey(
        values,
        values.map(() => 1),
      ),
    );
    if (cut) result.cut = true;
    result.keys.push(key);
    result.values.push(values);
  }
  return result;
}
