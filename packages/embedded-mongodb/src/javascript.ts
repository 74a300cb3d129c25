import { BSON, EJSON } from "bson";
import { LRUCache } from "lru-cache";
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { decode } from "./bson-reader.ts";
import { badValue, CommandError } from "./errors.ts";
import type { Patience } from "./patience.ts";
import { Code, type Value } from "./value.ts";

/**
 * Functions in JavaScript that queries may hold: `$where` and `$function` (source: MongoDB manual, "Server-side
 * JavaScript"). They run in QuickJS compiled to WebAssembly, out of reach of the process, its files and its network,
 * with 64 MiB and a second for each call.
 */
const MEMORY = 64 * 1024 * 1024;
const CALL_MS = 1000;
const FUNCTIONS = 16;

let engine: QuickJSWASMModule | undefined;

/**
 * Lets the servers of this process run functions in JavaScript; until then they are refused, as a MongoDB started
 * with `--noscripting` does. The shop itself has no use for them and leaves them off.
 */
export async function allowJavaScript(): Promise<void> {
  engine ??= await newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
}

/**
 * Types of BSON in the words of JavaScript, in both directions, and of the functions that MongoDB lends those of use
 * here. What is printed goes nowhere.
 */
const PRELUDE = `
const { ObjectId, NumberLong, NumberDecimal, Opaque } = (() => {
class ObjectId { constructor(s) { this.str = s; } toString() { return this.str; } toHexString() { return this.str; }
  equals(o) { return !!o && String(o) === this.str; } }
class NumberLong { constructor(s) { this.text = String(s); } valueOf() { return Number(this.text); } toNumber() { return Number(this.text); }
  toString() { return this.text; } }
class NumberDecimal { constructor(s) { this.text = String(s); } valueOf() { return Number(this.text); } toString() { return this.text; } }
class Opaque { constructor(v) { this.value = v; } }
const callable = (type) => new Proxy(type, { apply: (target, self, args) => new target(...args) });
return { ObjectId: callable(ObjectId), NumberLong: callable(NumberLong), NumberDecimal: callable(NumberDecimal), Opaque };
})();
const NumberInt = (v) => Math.trunc(Number(v));
const ISODate = (v) => v === undefined ? new Date() : new Date(v);
const isNumber = (v) => typeof v === "number";
const isString = (v) => typeof v === "string";
const isObject = (v) => typeof v === "object" && v !== null;
const doassert = (why) => { throw new Error(why); };
const assert = (holds, why) => { if (!holds) doassert("assert failed" + (why === undefined ? "" : " : " + why)); };
const tojson = (v) => JSON.stringify(give(v));
const print = () => {};
const printjson = print;
const take = (v) => {
  if (v === null || typeof v !== "object") return v;
  if (Array.isArray(v)) return v.map(take);
  const [key] = Object.keys(v);
  switch (key) {
    case "$numberInt": case "$numberDouble": return Number(v[key]);
    case "$numberLong": return new NumberLong(v[key]);
    case "$numberDecimal": return new NumberDecimal(v[key]);
    case "$oid": return new ObjectId(v[key]);
    case "$date": return new Date(Number(v[key].$numberLong));
    case "$regularExpression": return new RegExp(v[key].pattern, v[key].options.replace(/[^gimsuy]/g, ""));
  }
  if (key && key[0] === "$") return new Opaque(v);
  return Object.fromEntries(Object.entries(v).map(([name, each]) => [name, take(each)]));
};
const give = (v) => {
  if (v === undefined || v === null || typeof v === "function") return null;
  if (typeof v === "number") return { $numberDouble: Object.is(v, -0) ? "-0.0" : String(v) };
  if (typeof v !== "object") return typeof v === "bigint" ? { $numberLong: String(v) } : v;
  if (Array.isArray(v)) return v.map(give);
  if (v instanceof NumberLong) return { $numberLong: v.text };
  if (v instanceof NumberDecimal) return { $numberDecimal: v.text };
  if (v instanceof ObjectId) return { $oid: v.str };
  if (v instanceof Date) return { $date: { $numberLong: String(v.getTime()) } };
  if (v instanceof RegExp) return { $regularExpression: { pattern: v.source, options: v.flags } };
  if (v instanceof Opaque) return v.value;
  return Object.fromEntries(Object.entries(v).map(([name, each]) => [name, give(each)]));
};
globalThis.sleep = (ms) => {
  const end = Date.now() + Number(ms);
  while (Date.now() < end);
};
const call = (given) => {
  const { self, args } = JSON.parse(given);
  globalThis.obj = take(self);
  return JSON.stringify(give(body.apply(globalThis.obj, args.map(take))));
};
`;

interface Compiled {
  context: QuickJSContext;
  call: QuickJSHandle;
}

const compiled = new LRUCache<string, Compiled>({
  max: FUNCTIONS,
  dispose: ({ context, call }) => {
    const { runtime } = context;
    call.dispose();
    context.dispose();
    runtime.dispose();
  },
});

/**
 * Runs a function of a query: `self` is its `this` (and `obj`), `args` are its arguments. `source` may be a function,
 * an expression or statements with a `return`, as MongoDB's shell takes them. A scope is refused, as since 4.4.
 *
 * @throws {CommandError} BadValue while functions are not allowed; JSInterpreterFailure for what the function throws,
 * and when it takes more than a second or 64 MiB; MaxTimeMSExpired at the time limit of `patience`.
 */
export function runJavaScript(
  source: Value | undefined,
  self: Value,
  args: readonly Value[] = [],
  patience?: Patience,
): Value {
  const { context, call } = compile(source);
  const limit = Math.min(CALL_MS, patience?.left() ?? CALL_MS);
  // By the clock of the time limit, so that whoever is interrupted at it is over it.
  const end = performance.now() + limit;
  context.runtime.setInterruptHandler(() => performance.now() >= end);
  const given = context.newString(EJSON.stringify({ self, args }, { relaxed: false }));
  const result = context.callFunction(call, context.undefined, given);
  given.dispose();
  if (result.error) patience?.check();
  const text = value(context, result);
  // Interruptions come between steps of the function: one long step, or a process that was held up, is over it unnoticed.
  patience?.check();
  const { made } = decode(Buffer.from(BSON.serialize({ made: EJSON.parse(text, { relaxed: false }) })));
  return made ?? null;
}

/** @throws {CommandError} as `runJavaScript` does, so that a wrong function is told before any document is read. */
export function checkJavaScript(source: Value | undefined): void {
  compile(source);
}

function compile(source: Value | undefined): Compiled {
  if (!engine) throw badValue("no globalScriptEngine: functions in JavaScript are turned off on this server");
  const code = source instanceof Code && !source.scope ? String(source.code) : source;
  if (typeof code !== "string")
    throw badValue("a function in JavaScript must be a string or code without a scope");
  const known = compiled.get(code);
  if (known) return known;
  const runtime = engine.newRuntime({ memoryLimitBytes: MEMORY, maxStackSizeBytes: 512 * 1024 });
  const context = runtime.newContext();
  try {
    value(context, context.evalCode(`${PRELUDE} "";`));
    value(context, context.evalCode(`const body = ${asFunction(code)}; "";`));
  } catch (error) {
    context.dispose();
    runtime.dispose();
    throw error;
  }
  const made = { context, call: context.unwrapResult(context.evalCode("call")) };
  compiled.set(code, made);
  return made;
}

/** MongoDB's rule for what is not a function yet: one expression is returned, anything else is a function's body. */
function asFunction(code: string): string {
  const text = code.trim().replace(/^;+/, "");
  if (/^(async\s+)?function[\s(*]/.test(text) || /^(\([^)]*\)|\w+)\s*=>/.test(text))
    return `(${text.replace(/;+$/, "")})`;
  const statements = text.includes("\n") || /\breturn\b/.test(text) || /;(?!\s*$)/.test(text);
  return statements ? `(function () { ${text} })` : `(function () { return ${text} })`;
}

/** The string a script gave. */
function value(context: QuickJSContext, result: ReturnType<QuickJSContext["evalCode"]>): string {
  if (result.error) {
    const failure: unknown = context.dump(result.error);
    result.error.dispose();
    const { name, message } = failure as { name?: string; message?: string };
    throw new CommandError("JSInterpreterFailure", name ? `${name}: ${message}` : String(failure));
  }
  const text = context.getString(result.value);
  result.value.dispose();
  return text;
}
