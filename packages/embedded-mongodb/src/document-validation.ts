import type { Collection } from "./collection.ts";
import { badValue, CommandError, typeMismatch } from "./errors.ts";
import { valueAt } from "./path.ts";
import { isOperators } from "./query/condition.ts";
import { compileFilter } from "./query/filter.ts";
import type { Match } from "./query/match.ts";
import { type Doc, getField, isDoc, setField, typeName, type Value } from "./value.ts";

/** The options of a collection that say what its documents must be. */
export const validationOptions = ["validator", "validationLevel", "validationAction"] as const;
const levels = ["off", "strict", "moderate"];
const actions = ["error", "warn"];

const compiled = new WeakMap<Doc, Match>();

/**
 * Reads the validation options of a `create` or `collMod`. A validator brings the defaults with it.
 *
 * @throws {CommandError} for a filter that cannot be compiled, or a level or action there is not.
 */
export function readValidation(command: Doc): Doc {
  const { validator, validationLevel: level, validationAction: action } = command;
  if (level !== undefined && !levels.includes(String(level)))
    throw badValue(`Enumeration value '${String(level)}' for field 'validationLevel' is not a valid value.`);
  if (action !== undefined && !actions.includes(String(action)))
    throw badValue(
      `Enumeration value '${String(action)}' for field 'validationAction' is not a valid value.`,
    );
  if (validator !== undefined && !isDoc(validator))
    throw typeMismatch(
      `BSON field 'validator' is the wrong type '${typeName(validator)}', expected type 'object'`,
    );
  const options: Doc = {};
  if (validator) {
    if (Object.keys(validator).some((key) => key === "$where" || key === "$text" || key === "$near"))
      throw new CommandError("CommandNotSupported", "a validator can not use $where, $text or $near");
    compileFilter(validator);
    options.validator = validator;
    options.validationLevel = level ?? "strict";
    options.validationAction = action ?? "error";
  }
  if (level !== undefined) options.validationLevel = level;
  if (action !== undefined) options.validationAction = action;
  return options;
}

/**
 * Refuses a document that its collection's validator does not let in. With the level "moderate", a document that did
 * not pass before (`before`) may stay as it is or change in another way (source: MongoDB manual, "Schema Validation").
 *
 * @throws {CommandError} DocumentValidationFailure (121) with the document's `_id` and what did not match.
 */
export function checkDocument(collection: Collection, doc: Doc, before?: Doc): void {
  const { validator, validationLevel: level, validationAction: action } = collection.options;
  if (!isDoc(validator) || level === "off" || action === "warn") return;
  let match = compiled.get(validator);
  if (!match) {
    match = compileFilter(validator);
    compiled.set(validator, match);
  }
  if (match(doc) || (before && level === "moderate" && !match(before))) return;
  throw new CommandError("DocumentValidationFailure", "Document failed validation", {
    errInfo: { failingDocumentId: getField(doc, "_id") ?? null, details: failureOf(validator, doc) },
  });
}

/** What of a filter a document does not match. */
function failureOf(filter: Doc, doc: Doc): Doc {
  const keys = Object.keys(filter);
  if (keys.length !== 1) {
    return clausesOf(
      "$and",
      keys.map((key) => ({ [key]: filter[key] as Value })),
      doc,
    );
  }
  const [key = ""] = keys;
  const condition = filter[key] as Value;
  if (key === "$jsonSchema" && isDoc(condition))
    return { operatorName: key, schemaRulesNotSatisfied: rulesOf(condition, doc) };
  if ((key === "$and" || key === "$or") && Array.isArray(condition))
    return clausesOf(key, condition.filter(isDoc), doc);
  if (key === "$expr") {
    return {
      operatorName: key,
      specifiedAs: filter,
      reason: "expression did not match",
      expressionResult: false,
    };
  }
  if (key.startsWith("$")) return { operatorName: key, specifiedAs: filter };
  if (isDoc(condition) && isOperators(condition)) {
    const operators = Object.keys(condition);
    if (operators.length > 1) {
      return clausesOf(
        "$and",
        operators.map((name) => ({ [key]: { [name]: condition[name] as Value } })),
        doc,
      );
    }
    return comparison(operators[0] ?? "$eq", filter, key, doc);
  }
  return comparison("$eq", filter, key, doc);
}

function clausesOf(name: string, clauses: Doc[], doc: Doc): Doc {
  const failing = clauses.flatMap((clause, index) =>
    compileFilter(clause)(doc) ? [] : [{ index, details: failureOf(clause, doc) }],
  );
  return { operatorName: name, clausesNotSatisfied: failing };
}

const reasons: Readonly<Record<string, string>> = {
  $exists: "path does not exist",
  $type: "type did not match",
  $in: "no matching value found in array",
  $regex: "regular expression did not match",
  $mod: "$mod did not evaluate to expected remainder",
  $size: "array length was not equal to given size",
};

function comparison(operator: string, specifiedAs: Doc, path: string, doc: Doc): Doc {
  const value = valueAt(doc, path.split("."));
  const absent = value === undefined;
  return {
    operatorName: operator,
    specifiedAs,
    reason:
      absent && operator !== "$exists" ? "field was missing" : (reasons[operator] ?? "comparison failed"),
    ...(absent
      ? {}
      : { consideredValue: value, ...(operator === "$type" ? { consideredType: typeName(value) } : {}) }),
  };
}

/** The keywords of a schema that say something of the place itself and hold no further schema. */
const schemaReasons: Readonly<Record<string, string>> = {
  bsonType: "type did not match",
  type: "type did not match",
  enum: "value was not found in enum",
  minimum: "comparison failed",
  maximum: "comparison failed",
  minLength: "specified string length was not satisfied",
  maxLength: "specified string length was not satisfied",
  pattern: "regular expression did not match",
  minItems: "array did not match specified length",
  maxItems: "array did not match specified length",
  uniqueItems: "found a duplicate item",
  minProperties: "specified number of properties was not satisfied",
  maxProperties: "specified number of properties was not satisfied",
};

function rulesOf(schema: Doc, value: Value): Doc[] {
  return Object.keys(schema).flatMap((keyword) => {
    const rule: Doc = {};
    setField(rule, keyword, schema[keyword] as Value);
    return passes(rule, value) ? [] : [ruleFailure(keyword, rule, value)];
  });
}

/** Whether a value of any type passes a schema; a schema in a filter speaks of documents. */
function passes(schema: Doc, value: Value): boolean {
  return compileFilter({ $jsonSchema: { properties: { value: schema } } })({ value });
}

function ruleFailure(keyword: string, rule: Doc, value: Value): Doc {
  const operand = rule[keyword] as Value;
  const holder = isDoc(value) ? value : {};
  if (keyword === "required" && Array.isArray(operand)) {
    const missing = operand.map(String).filter((name) => !Object.hasOwn(holder, name));
    return { operatorName: keyword, specifiedAs: rule, missingProperties: missing.sort() };
  }
  if (keyword === "properties" && isDoc(operand)) {
    const failing = Object.keys(operand).flatMap((name): Doc[] => {
      const schema = operand[name] as Value;
      const inner = getField(holder, name);
      if (inner === undefined || !isDoc(schema) || passes(schema, inner)) return [];
      const described: Doc = schema.description === undefined ? {} : { description: schema.description };
      return [{ propertyName: name, ...described, details: rulesOf(schema, inner) }];
    });
    return { operatorName: keyword, propertiesNotSatisfied: failing };
  }
  if (keyword === "additionalProperties") {
    return { operatorName: keyword, specifiedAs: rule };
  }
  return {
    operatorName: keyword,
    specifiedAs: rule,
    reason: schemaReasons[keyword] ?? "schema did not match",
    consideredValue: value,
    ...(keyword === "bsonType" || keyword === "type" ? { consideredType: typeName(value) } : {}),
  };
}
