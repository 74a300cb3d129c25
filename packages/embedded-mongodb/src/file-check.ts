import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { StoreUnusable } from "./unusable.ts";

// The format of lmdb's data file (source: liblmdb, mdb.c, "MDB_page", "MDB_meta", "MDB_node").
const magic = 0xbeefc0de;
const formatVersion = 2;
const headerBytes = 24;
const dbBytes = 48;
const nodeHeaderBytes = 8;
const noPage = 0xffff_ffff_ffff_ffffn;
const branchPage = 0x01;
const leafPage = 0x02;
const overflowPage = 0x04;
const metaPage = 0x08;
const bigData = 0x01;
const subDatabase = 0x02;
/** Deeper than any tree of 2^64 pages. */
const depthMax = 32;

/**
 * Walks all trees of an lmdb file from their roots and checks that each page is the one it should be and holds
 * together. lmdb itself trusts its file: it would crash the process on a damaged or shortened one.
 *
 * It reads each page of a tree once, and of a value that fills pages of its own the first one. What stands inside
 * values is not looked at: the file has no checksums. A file that does not exist is fine.
 *
 * @throws {StoreUnusable} naming what is wrong
 */
export function checkFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    new FileCheck(path, file).run();
  } finally {
    closeSync(file);
  }
}

interface Tree {
  root: bigint;
  entries: number;
}

interface Meta {
  pageSize: number;
  lastPage: number;
  transaction: bigint;
  free: Tree;
  main: Tree;
}

class FileCheck {
  readonly #path: string;
  readonly #file: number;
  readonly #size: number;
  #pageSize = 4096;
  #pages = 0;
  #transaction = 0n;
  #seen = new Uint8Array(0);

  constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    this.#size = fstatSync(file).size;
  }

  run(): void {
    const first = this.#meta(0, 0);
    this.#pageSize = first.pageSize;
    const second = this.#meta(1, first.pageSize);
    const { free, main, lastPage, transaction } = second.transaction > first.transaction ? second : first;
    this.#pages = lastPage + 1;
    this.#transaction = transaction;
    this.#seen = new Uint8Array(this.#pages);
    this.#tree(free, () => {});
    const tables: Tree[] = [];
    this.#tree(main, (data, flags) => {
      if ((flags & subDatabase) !== 0) tables.push(readTree(data, 0));
    });
    for (const table of tables) this.#tree(table, () => {});
  }

  #damaged(what: string): StoreUnusable {
    return new StoreUnusable(
      `${this.#path} is damaged: ${what}. Keep the file aside, and restore your last backup into an empty directory.`,
    );
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(this.#file, bytes, 0, length, at) !== length)
      throw this.#damaged(`it ends after ${this.#size} bytes, in the middle of what belongs to it`);
    return bytes;
  }

  #meta(number: number, at: number): Meta {
    const bytes = this.#read(at, 160);
    const known = bytes.readUInt32LE(headerBytes) === magic && (bytes.readUInt16LE(18) & metaPage) !== 0;
    if (!known && number === 0)
      throw new StoreUnusable(
        `${this.#path} is not a store of Hawker, or its beginning is damaged. Keep the file aside, and restore your last backup into an empty directory.`,
      );
    if (!known) throw this.#damaged("its second header is not one");
    const version = bytes.readUInt32LE(headerBytes + 4) & 0xffff;
    if (version !== formatVersion)
      throw new StoreUnusable(
        `${this.#path} has format ${version}, and this version of Hawker reads ${formatVersion}. Start the version that wrote it, and move by a backup.`,
      );
    const pageSize = bytes.readUInt32LE(headerBytes + 24);
    const lastPage = Number(bytes.readBigUInt64LE(headerBytes + 24 + 2 * dbBytes));
    // The file may be a little shorter than its last page says, when free pages are at its end.
    const sound =
      pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0 && lastPage < 2 ** 40;
    if (!sound) throw this.#damaged(`its header ${number} makes no sense`);
    return {
      pageSize,
      lastPage,
      transaction: bytes.readBigUInt64LE(headerBytes + 24 + 2 * dbBytes + 8),
      free: readTree(bytes, headerBytes + 24),
      main: readTree(bytes, headerBytes + 24 + dbBytes),
    };
  }

  /** Walks a tree; `leaf` hears each value's data and flags. */
  #tree({ root, entries }: Tree, leaf: (data: Buffer, flags: number) => void): void {
    if (root === noPage) return;
    const found = this.#page(Number(root), 0, leaf);
    if (found !== entries) throw this.#damaged(`a table has ${found} entries and should have ${entries}`);
  }

  #page(number: number, depth: number, leaf: (data: Buffer, flags: number) => void): number {
    const wrong = (what: string): StoreUnusable => this.#damaged(`page ${number} ${what}`);
    if (depth > depthMax) throw wrong("lies too deep");
    this.#visit(number);
    const page = this.#read(number * this.#pageSize, this.#pageSize);
    if (page.readBigUInt64LE(0) !== BigInt(number)) throw wrong("is not the one it should be");
    if (page.readBigUInt64LE(8) > this.#transaction) throw wrong("is of a later time than the file");
    const kind = page.readUInt16LE(18) & (branchPage | leafPage | overflowPage | metaPage);
    if (kind !== branchPage && kind !== leafPage) throw wrong("is of the wrong kind");
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    if (lower > upper || upper + headerBytes > this.#pageSize || lower % 2 !== 0)
      throw wrong("has bounds that make no sense");
    let entries = 0;
    for (let at = 0; at < lower; at += 2) {
      const node = page.readUInt16LE(headerBytes + at) + headerBytes;
      if (node < headerBytes + upper || node + nodeHeaderBytes > this.#pageSize)
        throw wrong("points outside of itself");
      const flags = page.readUInt16LE(node + 4);
      const data = node + nodeHeaderBytes + page.readUInt16LE(node + 6);
      if (data > this.#pageSize) throw wrong("has a key that is too long");
      const low = page.readUInt32LE(node);
      if (kind === branchPage) {
        entries += this.#page(low + flags * 2 ** 32, depth + 1, leaf);
        continue;
      }
      entries++;
      const length = (flags & bigData) !== 0 ? 24 : low;
      if (data + length > this.#pageSize) throw wrong("has a value that is too long");
      if ((flags & bigData) !== 0) this.#overflow(Number(page.readBigUInt64LE(data)), low);
      else leaf(page.subarray(data, data + length), flags);
    }
    return entries;
  }

  /** A value on pages of its own. */
  #overflow(number: number, length: number): void {
    this.#visit(number);
    const header = this.#read(number * this.#pageSize, headerBytes);
    const pages = Math.floor((headerBytes - 1 + length) / this.#pageSize) + 1;
    const right =
      header.readBigUInt64LE(0) === BigInt(number) &&
      (header.readUInt16LE(18) & overflowPage) !== 0 &&
      header.readUInt32LE(20) >= pages;
    if (!right) throw this.#damaged(`page ${number} does not hold the value it should`);
    if (number + pages > this.#pages || number * this.#pageSize + headerBytes + length > this.#size)
      throw this.#damaged(`it ends after ${this.#size} bytes, in the middle of a value`);
  }

  #visit(number: number): void {
    if (!(number >= 2 && number < this.#pages))
      throw this.#damaged(`it points to page ${number}, which is not there`);
    if (this.#seen[number] === 1) throw this.#damaged(`page ${number} is used twice`);
    this.#seen[number] = 1;
  }
}

function readTree(bytes: Buffer, at: number): Tree {
  return {
    entries: Number(bytes.readBigUInt64LE(at + 32)),
    root: bytes.readBigUInt64LE(at + 40),
  };
}
