import { CommandError } from "../errors.ts";
import { type DeclaredKind, declaredKind, isWildcard } from "../index-kinds.ts";
import { isLanguage } from "../query/text.ts";
import { shellText } from "../shell-text.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { flag } from "./context.ts";

/** The options that only one kind of index has (source: MongoDB manual, "createIndexes"). */
const optionsOf: Readonly<Record<DeclaredKind, readonly string[]>> = {
  text: ["weights", "default_language", "language_override", "textIndexVersion"],
  "2dsphere": ["2dsphereIndexVersion"],
  "2d": ["bits", "min", "max"],
  hashed: [],
  wildcard: ["wildcardProjection"],
};

/** Every option that belongs to a kind of index. */
export const kindOptions: readonly string[] = Object.values(optionsOf).flat();

const cannot = (why: string): CommandError => new CommandError("CannotCreateIndex", why);

/**
 * Completes the specification of a declared index to the form in which `listIndexes` tells it; others are given back
 * as they are.
 *
 * @throws {CommandError} CannotCreateIndex and what else MongoDB refuses about such an index.
 */
export function completeKind(spec: Doc): Doc {
  const key = spec.key as Doc;
  const kind = declaredKind(key);
  checkOptions(spec, kind);
  switch (kind) {
    case "text":
      return completeText(spec);
    case "2dsphere":
      return { ...spec, "2dsphereIndexVersion": spec["2dsphereIndexVersion"] ?? 3 };
    case "2d":
      checkPlane(spec);
      return spec;
    case "hashed":
      checkHashed(key);
      return spec;
    case "wildcard":
      checkWildcard(spec);
      return spec;
    default:
      return spec;
  }
}

function checkOptions(spec: Doc, kind: DeclaredKind | undefined): void {
  for (const option of kindOptions) {
    if (spec[option] === undefined || (kind && optionsOf[kind].includes(option))) continue;
    const owner = Object.entries(optionsOf).find(([, options]) => options.includes(option))?.[0];
    throw new CommandError("BadValue", `The field '${option}' is only allowed in an '${owner}' index`);
  }
  if (!kind) return;
  if (flag(spec, "unique")) {
    if (kind === "hashed")
      throw new CommandError(
        16764,
        "Currently hashed indexes cannot guarantee uniqueness. Use a regular index.",
      );
    if (kind !== "text") throw cannot(`Index type '${kind}' does not support the unique option`);
  }
  if (spec.expireAfterSeconds !== undefined && (kind === "wildcard" || kind === "text"))
    throw cannot(`Index type '${kind}' cannot be a TTL index`);
}

function completeText(spec: Doc): Doc {
  const {
    weights: given,
    default_language: language = "english",
    language_override: override,
    ...rest
  } = spec;
  if (typeof language !== "string" || !isLanguage(language))
    throw cannot(`unsupported language: ${shellText(language)} for text index version 3`);
  if (override !== undefined && (typeof override !== "string" || override === ""))
    throw cannot("language_override should be a non-empty string");
  return {
    ...rest,
    key: textKey(spec.key as Doc),
    weights: weightsFor(spec.key as Doc, given),
    default_language: language,
    language_override: override ?? "language",
    textIndexVersion: spec.textIndexVersion ?? 3,
  };
}

/** The fields of words are one `_fts` with an `_ftsx` in the key; the weights name them. */
function textKey(key: Doc): Doc {
  if (key._fts !== undefined) return key;
  const parts = Object.entries(key);
  const words = parts.map(([, direction]) => direction === "text");
  if (words.slice(words.indexOf(true), words.lastIndexOf(true)).includes(false))
    throw cannot("'text' fields in index must all be adjacent");
  return Object.fromEntries([
    ...parts.slice(0, words.indexOf(true)),
    ["_fts", "text"],
    ["_ftsx", 1],
    ...parts.slice(words.lastIndexOf(true) + 1),
  ]);
}

function weightsFor(key: Doc, given: Value | undefined): Doc {
  if (given !== undefined && !isDoc(given)) throw cannot("text index option 'weights' must be an object");
  const paths = Object.keys(key).filter((path) => key[path] === "text" && path !== "_fts");
  const weights: Doc = { ...Object.fromEntries(paths.map((path) => [path, 1])), ...given };
  for (const weight of Object.values(weights)) {
    if (isNumber(weight) && toNumber(weight) > 0 && toNumber(weight) < 1_000_000_000) continue;
    throw cannot(
      `text index weight must be in the exclusive interval (0,1000000000) but found: ${shellText(weight)}`,
    );
  }
  return Object.fromEntries(Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkPlane({ bits, min, max }: Doc): void {
  if (bits !== undefined && !(isNumber(bits) && toNumber(bits) >= 1 && toNumber(bits) <= 32))
    throw new CommandError(
      "InvalidOptions",
      `bits for hash must be > 0 and <= 32, but ${shellText(bits)} bits were specified`,
    );
  if (isNumber(min) && isNumber(max) && toNumber(min) >= toNumber(max))
    throw new CommandError("InvalidOptions", "region for hash must be valid and have positive area");
}

function checkHashed(key: Doc): void {
  const hashed = Object.values(key).filter((direction) => direction === "hashed").length;
  if (hashed > 1)
    throw new CommandError(
      31303,
      `A maximum of one index field is allowed to be hashed but found ${hashed} for 'key' ${shellText(key)}`,
    );
}

function checkWildcard({ key, sparse, wildcardProjection: projection }: Doc): void {
  if (sparse !== undefined && flag({ sparse }, "sparse"))
    throw cannot("Index type 'wildcard' does not support the 'sparse' option");
  const paths = Object.keys(key as Doc).filter(isWildcard);
  if (paths.length > 1) throw cannot("wildcard indexes do not allow more than one wildcard field");
  if (Object.values(key as Doc).some((direction) => isNumber(direction) && toNumber(direction) < 0))
    throw cannot(`A numeric value in a $** index key pattern must be positive.`);
  if (projection === undefined) return;
  if (paths[0] !== "$**")
    throw new CommandError(
      "FailedToParse",
      `The field 'wildcardProjection' is only allowed when 'key' is {"$**": ±1}`,
    );
  if (!isDoc(projection))
    throw new CommandError("TypeMismatch", "The field 'wildcardProjection' must be a document");
  if (Object.keys(projection).length === 0)
    throw new CommandError("FailedToParse", "The 'wildcardProjection' field can't be an empty object");
}
