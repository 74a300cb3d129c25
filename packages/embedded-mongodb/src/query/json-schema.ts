import { remainder } from "../arithmetic.ts";
import { compare, equal } from "../compare.ts";
import { badValue, failedToParse, typeMismatch } from "../errors.ts";
import { BSONRegExp, type Doc, isDoc, isNumber, toNumber, typeName, type Value } from "../value.ts";
import { compileRegex } from "./regex.ts";
import { typeTest } from "./types.ts";

type Test = (value: Value) => boolean;

const jsonTypes: Readonly<Record<string, string>> = {
  array: "array",
  boolean: "bool",
  null: "null",
  number: "number",
  object: "object",
  string: "string",
};

/**
 * Compiles a `$jsonSchema` (source: MongoDB manual, "$jsonSchema"; JSON Schema draft 4 without `$ref`, `$schema`,
 * `default`, `definitions`, `format` and `id`, and with `bsonType`). A keyword binds only values of its type.
 *
 * @throws {CommandError} FailedToParse for an unknown keyword or a bad operand, TypeMismatch for one of a wrong type,
 * BadValue for an unknown type.
 */
export function compileJsonSchema(schema: Value): Test {
  if (!isDoc(schema)) throw typeMismatch("$jsonSchema must be an object");
  const tests = Object.keys(schema).flatMap((name) => {
    const make = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
    if (!make) throw failedToParse(`Unknown $jsonSchema keyword: ${name}`);
    const test = make(schema[name] as Value, schema, name);
    return test ? [test] : [];
  });
  return (value) => tests.every((test) => test(value));
}

type Keyword = (operand: Value, schema: Doc, name: string) => Test | undefined;

function wrong(name: string, expected: string): Error {
  return typeMismatch(`$jsonSchema keyword '${name}' must be ${expected}`);
}

function docOf(operand: Value, name: string): Doc {
  if (!isDoc(operand)) throw wrong(name, "an object");
  return operand;
}

function namesOf(operand: Value, name: string): string[] {
  if (!Array.isArray(operand)) throw wrong(name, "an array");
  if (operand.length === 0) throw failedToParse(`$jsonSchema keyword '${name}' cannot be an empty array`);
  const names = operand.map((item) => {
    if (typeof item !== "string") throw wrong(name, "an array of strings");
    return item;
  });
  if (new Set(names).size < names.length)
    throw failedToParse(`$jsonSchema keyword '${name}' array cannot contain duplicate values`);
  return names;
}

function schemasOf(operand: Value, name: string): Test[] {
  if (!Array.isArray(operand)) throw wrong(name, "an array");
  if (operand.length === 0) throw failedToParse(`$jsonSchema keyword '${name}' cannot be an empty array`);
  return operand.map((item) => compileJsonSchema(item));
}

function sizeOf(operand: Value, name: string): number {
  if (!isNumber(operand)) throw wrong(name, "a number");
  const size = toNumber(operand);
  if (!Number.isInteger(size) || size < 0)
    throw failedToParse(`$jsonSchema keyword '${name}' must be a non-negative whole number`);
  return size;
}

function sized(
  measure: (value: Value) => number | undefined,
  fits: (size: number, limit: number) => boolean,
): Keyword {
  return (operand, _schema, name) => {
    const limit = sizeOf(operand, name);
    return (value) => {
      const size = measure(value);
      return size === undefined || fits(size, limit);
    };
  };
}

function bounded(sign: 1 | -1, exclusive: string): Keyword {
  return (operand, schema, name) => {
    if (!isNumber(operand)) throw wrong(name, "a number");
    const strict = schema[exclusive] === true;
    return (value) => {
      if (!isNumber(value)) return true;
      const order = compare(value, operand) * sign;
      return strict ? order > 0 : order >= 0;
    };
  };
}

function belongsTo(bound: string): Keyword {
  return (operand, schema, name) => {
    if (typeof operand !== "boolean") throw wrong(name, "a boolean");
    if (schema[bound] === undefined)
      throw failedToParse(`$jsonSchema keyword '${bound}' must be a present if ${name} is present`);
    return undefined;
  };
}

const text: Keyword = (operand, _schema, name) => {
  if (typeof operand !== "string") throw wrong(name, "a string");
  return undefined;
};

const charactersIn = (value: Value): number | undefined =>
  typeof value === "string" ? [...value].length : undefined;
const itemsIn = (value: Value): number | undefined => (Array.isArray(value) ? value.length : undefined);
const fieldsIn = (value: Value): number | undefined => (isDoc(value) ? Object.keys(value).length : undefined);
const atLeast = (size: number, limit: number): boolean => size >= limit;
const atMost = (size: number, limit: number): boolean => size <= limit;

const bsonType: Keyword = (operand, schema, name) => {
  if (schema.type !== undefined && schema.bsonType !== undefined)
    throw failedToParse("Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  const names = Array.isArray(operand) ? operand : [operand];
  for (const item of names)
    if (typeof item !== "string") throw wrong(name, "either a string or an array of strings");
  return typeTest(operand);
};

const jsonType: Keyword = (operand, schema, name) => {
  const names = Array.isArray(operand) ? operand : [operand];
  const types = names.map((item) => {
    if (typeof item !== "string") throw wrong(name, "either a string or an array of strings");
    if (item === "integer") throw failedToParse("$jsonSchema type 'integer' is not currently supported.");
    const type = Object.hasOwn(jsonTypes, item) ? jsonTypes[item] : undefined;
    if (!type) throw badValue(`Unknown type name alias: ${item}`);
    return type;
  });
  return bsonType(types, { bsonType: types }, name) ?? schemaError(schema);
};

function schemaError(schema: Doc): never {
  throw failedToParse(`cannot read the schema with the keywords ${Object.keys(schema).join(", ")}`);
}

function propertyTests(operand: Value | undefined, name: string): [string, Test][] {
  if (operand === undefined) return [];
  const doc = docOf(operand, name);
  return Object.keys(doc).map((key) => [key, compileJsonSchema(doc[key] as Value)]);
}

function patternTests(operand: Value | undefined): [RegExp, Test][] {
  return propertyTests(operand, "patternProperties").map(([key, test]) => [
    compileRegex(new BSONRegExp(key, "")),
    test,
  ]);
}

/** Compiles what is said of items or fields that are not named: a boolean, or a schema for all of them. */
function restTest(operand: Value, name: string): Test {
  if (typeof operand === "boolean") return () => operand;
  if (!isDoc(operand)) throw wrong(name, "either an object or a boolean");
  return compileJsonSchema(operand);
}

const keywords: Readonly<Record<string, Keyword>> = {
  title: text,
  description: text,
  bsonType,
  type: jsonType,
  enum: (operand, _schema, name) => {
    if (!Array.isArray(operand)) throw wrong(name, "an array");
    if (operand.length === 0) throw failedToParse("$jsonSchema keyword 'enum' cannot be an empty array");
    return (value) => operand.some((item) => equal(item, value));
  },
  minimum: bounded(1, "exclusiveMinimum"),
  maximum: bounded(-1, "exclusiveMaximum"),
  exclusiveMinimum: belongsTo("minimum"),
  exclusiveMaximum: belongsTo("maximum"),
  multipleOf: (operand, _schema, name) => {
    if (!isNumber(operand)) throw wrong(name, "a number");
    if (toNumber(operand) <= 0)
      throw failedToParse("$jsonSchema keyword 'multipleOf' must have a positive value");
    return (value) => !isNumber(value) || toNumber(remainder(value, operand)) === 0;
  },
  minLength: sized(charactersIn, atLeast),
  maxLength: sized(charactersIn, atMost),
  pattern: (operand, _schema, name) => {
    if (typeof operand !== "string") throw wrong(name, "a string");
    const regex = compileRegex(new BSONRegExp(operand, ""));
    return (value) => typeof value !== "string" || regex.test(value);
  },
  minItems: sized(itemsIn, atLeast),
  maxItems: sized(itemsIn, atMost),
  uniqueItems: (operand, _schema, name) => {
    if (typeof operand !== "boolean") throw wrong(name, "a boolean");
    if (!operand) return undefined;
    return (value) =>
      !Array.isArray(value) ||
      !value.some((item, at) => value.slice(0, at).some((other) => equal(item, other)));
  },
  items: (operand, _schema, name) => {
    if (Array.isArray(operand)) {
      const tests = operand.map((item) => compileJsonSchema(item));
      return (value) =>
        !Array.isArray(value) || value.slice(0, tests.length).every((item, at) => tests[at]?.(item));
    }
    if (!isDoc(operand)) throw wrong(name, "an array or an object");
    const test = compileJsonSchema(operand);
    return (value) => !Array.isArray(value) || value.every(test);
  },
  additionalItems: (operand, schema, name) => {
    const test = restTest(operand, name);
    if (!Array.isArray(schema.items)) return undefined;
    const named = schema.items.length;
    return (value) => !Array.isArray(value) || value.slice(named).every(test);
  },
  minProperties: sized(fieldsIn, atLeast),
  maxProperties: sized(fieldsIn, atMost),
  required: (operand, _schema, name) => {
    const names = namesOf(operand, name);
    return (value) => !isDoc(value) || names.every((key) => Object.hasOwn(value, key));
  },
  properties: (operand, _schema, name) => {
    const tests = propertyTests(operand, name);
    return (value) =>
      !isDoc(value) || tests.every(([key, test]) => !Object.hasOwn(value, key) || test(value[key] as Value));
  },
  patternProperties: (operand) => {
    const tests = patternTests(operand);
    return (value) =>
      !isDoc(value) ||
      Object.keys(value).every((key) =>
        tests.every(([pattern, test]) => !pattern.test(key) || test(value[key] as Value)),
      );
  },
  additionalProperties: (operand, schema, name) => {
    const test = restTest(operand, name);
    const named = new Set(isDoc(schema.properties) ? Object.keys(schema.properties) : []);
    const patterns = patternTests(schema.patternProperties).map(([pattern]) => pattern);
    return (value) =>
      !isDoc(value) ||
      Object.keys(value).every(
        (key) => named.has(key) || patterns.some((pattern) => pattern.test(key)) || test(value[key] as Value),
      );
  },
  dependencies: (operand, _schema, name) => {
    const doc = docOf(operand, name);
    const tests = Object.keys(doc).map((key): [string, Test] => {
      const needed = doc[key] as Value;
      if (!Array.isArray(needed)) return [key, compileJsonSchema(needed)];
      const names = namesOf(needed, name);
      return [key, (value) => isDoc(value) && names.every((other) => Object.hasOwn(value, other))];
    });
    return (value) =>
      !isDoc(value) || tests.every(([key, test]) => !Object.hasOwn(value, key) || test(value));
  },
  allOf: (operand, _schema, name) => {
    const tests = schemasOf(operand, name);
    return (value) => tests.every((test) => test(value));
  },
  anyOf: (operand, _schema, name) => {
    const tests = schemasOf(operand, name);
    return (value) => tests.some((test) => test(value));
  },
  oneOf: (operand, _schema, name) => {
    const tests = schemasOf(operand, name);
    return (value) => tests.filter((test) => test(value)).length === 1;
  },
  not: (operand, _schema, name) => {
    if (!isDoc(operand)) throw wrong(name, `an object, but found ${typeName(operand)}`);
    const test = compileJsonSchema(operand);
    return (value) => !test(value);
  },
};
