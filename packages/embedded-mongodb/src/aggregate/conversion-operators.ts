import { fromInteger, toDecimal } from "../arithmetic.ts";
import { compareText } from "../compare.ts";
import { CommandError } from "../errors.ts";
import { isTrue } from "../query/truth.ts";
import { typeNumbers } from "../query/types.ts";
import {
  Binary,
  BSONSymbol,
  Decimal128,
  Double,
  double,
  isDoc,
  isInt32,
  isNumber,
  Long,
  ObjectId,
  Timestamp,
  toNumber,
  typeName,
  type Value,
} from "../value.ts";
import { exactly, named, operands } from "./basic-operators.ts";
import { parseDate } from "./date-format.ts";
import type { ExpressionOperator } from "./expression.ts";

const failure = (value: Value, type: string, why = ""): CommandError =>
  new CommandError(
    241,
    `Unsupported conversion from ${typeName(value)} to ${type} in $convert with no onError value${why}`,
  );
const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

/** Converts a value to the type of this alias. @throws {CommandError} ConversionFailure (241). */
export function convert(value: Value, type: string): Value {
  switch (type) {
    case "string":
      return toText(value);
    case "bool":
      return isTrue(value);
    case "int":
    case "long": {
      const number = whole(value, type);
      const result = fromInteger(number, type === "long");
      if (result === undefined || (type === "int" && typeof result !== "number"))
        throw failure(value, type, ": out of range");
      return result;
    }
    case "double": {
      if (typeof value === "boolean") return double(value ? 1 : 0);
      if (value instanceof Date) return double(value.getTime());
      if (isNumber(value)) return double(toNumber(value));
      if (typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value))
        return double(Number(value));
      throw failure(value, type);
    }
    case "decimal":
      if (typeof value === "boolean") return Decimal128.fromString(value ? "1" : "0");
      if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
      if (isNumber(value)) return toDecimal(value);
      if (typeof value === "string") {
        try {
          return Decimal128.fromString(value);
        } catch {
          throw failure(value, type, `: ${value}`);
        }
      }
      throw failure(value, type);
    case "date": {
      if (value instanceof Date) return value;
      if (value instanceof ObjectId) return value.getTimestamp();
      if (value instanceof Timestamp) return new Date(value.high * 1000);
      if (isNumber(value) && !(typeof value === "number" && isInt32(value)))
        return new Date(Math.trunc(toNumber(value)));
      if (typeof value === "string") {
        return new Date(parseDate(value, undefined));
      }
      throw failure(value, type);
    }
    case "objectId":
      if (value instanceof ObjectId) return value;
      if (typeof value === "string" && /^[\da-f]{24}$/i.test(value)) return new ObjectId(value);
      throw failure(value, type, typeof value === "string" ? `: Failed to parse objectId '${value}'` : "");
  }
  throw new CommandError("BadValue", `Unknown type name: ${type}`);
}

function whole(value: Value, type: string): bigint {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (value instanceof Date && type === "long") return BigInt(value.getTime());
  if (value instanceof Long && !(value instanceof Timestamp)) return value.toBigInt();
  if (isNumber(value)) {
    const number = Math.trunc(toNumber(value));
    if (!Number.isFinite(number)) throw failure(value, type, ": not finite");
    return BigInt(number);
  }
  if (typeof value === "string" && /^[+-]?\d+$/.test(value)) return BigInt(value);
  throw failure(value, type, typeof value === "string" ? `: Failed to parse number '${value}'` : "");
}

function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof BSONSymbol) return value.value;
  if (isNumber(value)) return value instanceof Double ? String(value.value) : value.toString();
  if (value instanceof Binary && value.sub_type === 4) return value.toUUID().toHexString();
  if (value instanceof Binary)
    return Buffer.from(value.buffer.subarray(0, value.position)).toString("base64");
  throw failure(value, "string");
}

function conversion(type: string): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(`$to${type}`, 1, operand, evaluation);
    return isMissing(value) ? null : convert(value, type);
  };
}

/** The text of a value as string operators take it: of null the empty one. @throws {CommandError} 16007. */
export function textOf(name: string, value: Value | undefined): string {
  if (isMissing(value)) return "";
  if (typeof value === "string" || value instanceof Date || isNumber(value) || value instanceof BSONSymbol)
    return toText(value);
  throw new CommandError(16007, `can't convert from BSON type ${typeName(value)} to String (${name})`);
}

const aliasOf = (type: Value): string => {
  if (typeof type === "string") return type;
  const number = isNumber(type) ? toNumber(type) : Number.NaN;
  return Object.entries(typeNumbers).find(([, code]) => code === number)?.[0] ?? String(number);
};

/** Conversions and the string operators whose results depend on types. */
export const conversionOperators: Readonly<Record<string, ExpressionOperator>> = {
  $toString: conversion("string"),
  $toBool: conversion("bool"),
  $toInt: conversion("int"),
  $toLong: conversion("long"),
  $toDouble: conversion("double"),
  $toDecimal: conversion("decimal"),
  $toDate: conversion("date"),
  $toObjectId: conversion("objectId"),
  $convert: (operand, { run }) => {
    const options = named("$convert", operand, ["input", "to", "onError", "onNull", "format", "byteOrder"]);
    for (const field of ["input", "to"])
      if (options[field] === undefined)
        throw new CommandError("FailedToParse", `Missing '${field}' parameter to $convert`);
    const value = run(options.input as Value);
    const to = run(options.to as Value);
    if (isMissing(value)) return options.onNull === undefined ? null : run(options.onNull);
    if (isMissing(to)) return null;
    const type = isDoc(to) ? (to.type as Value) : to;
    try {
      return convert(value, aliasOf(type));
    } catch (error) {
      if (options.onError === undefined || !(error instanceof CommandError) || error.code !== 241)
        throw error;
      return run(options.onError);
    }
  },
  $type: (operand, evaluation) => typeName(exactly("$type", 1, operand, evaluation)[0]),
  $isNumber: (operand, evaluation) => isNumber(exactly("$isNumber", 1, operand, evaluation)[0]),
  $concat: (operand, evaluation) => {
    let joined = "";
    for (const value of operands(operand, evaluation)) {
      if (isMissing(value)) return null;
      if (typeof value !== "string")
        throw new CommandError(16702, `$concat only supports strings, not ${typeName(value)}`);
      joined += value;
    }
    return joined;
  },
  $toLower: (operand, evaluation) =>
    textOf("$toLower", exactly("$toLower", 1, operand, evaluation)[0]).replace(/[A-Z]/g, (letter) =>
      letter.toLowerCase(),
    ),
  $toUpper: (operand, evaluation) =>
    textOf("$toUpper", exactly("$toUpper", 1, operand, evaluation)[0]).replace(/[a-z]/g, (letter) =>
      letter.toUpperCase(),
    ),
  $strcasecmp: (operand, evaluation) => {
    const [a, b] = exactly("$strcasecmp", 2, operand, evaluation);
    return Math.sign(
      compareText(textOf("$strcasecmp", a).toUpperCase(), textOf("$strcasecmp", b).toUpperCase()),
    );
  },
  $strLenCP: (operand, evaluation) => {
    const [value] = exactly("$strLenCP", 1, operand, evaluation);
    if (typeof value !== "string")
      throw new CommandError(34471, `$strLenCP requires a string argument, found: ${typeName(value)}`);
    return [...value].length;
  },
  $strLenBytes: (operand, evaluation) => {
    const [value] = exactly("$strLenBytes", 1, operand, evaluation);
    if (typeof value !== "string")
      throw new CommandError(34473, `$strLenBytes requires a string argument, found: ${typeName(value)}`);
    return Buffer.byteLength(value);
  },
};
