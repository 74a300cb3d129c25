import type { DictLike } from "opencc-js/core";
import { from, to } from "opencc-js/preset/t2cn";

/**
 * The simplified form of a Chinese character, also of those that only Taiwan, Hong Kong or Japan write: 藍 is 蓝, and 広
 * and 廣 are both 广. A character that has no other form is itself.
 *
 * Only OpenCC's tables of single characters are kept, some 3,900 pairs or 0.4 MB of memory. Its tables of phrases choose
 * between two simplified forms of one character, which matters to a text that is read and not to one that is searched.
 */
export const simplified = (character: string): string => SIMPLIFIED.get(character) ?? character;

const pairsOf = (dictionary: DictLike): readonly (readonly string[])[] =>
  typeof dictionary === "string" ? dictionary.split("|").map((pair) => pair.split(" ")) : dictionary;

function* characters(dictionaries: readonly (readonly DictLike[])[]): Generator<[string, string]> {
  for (const [source = "", target = ""] of dictionaries.flat().flatMap(pairsOf))
    if (source !== target && [...source].length === 1 && [...target].length === 1) yield [source, target];
}

function table(): ReadonlyMap<string, string> {
  const simple = new Map(characters(to.cn ?? []));
  const found = new Map(simple);
  for (const region of ["hk", "tw", "jp"])
    for (const [regional, traditional] of characters(from[region] ?? []))
      if (!simple.has(regional)) found.set(regional, simple.get(traditional) ?? traditional);
  return found;
}

const SIMPLIFIED = table();
