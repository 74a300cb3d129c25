import { expect, test } from "vitest";
import { UploadOnce } from "../../src/platform/upload-once.ts";

/** A platform that knows uploads by names. */
function platform() {
  const known = new Set<string>();
  let uploads = 0;
  const how = {
    byName: async (name: string) => {
      if (!known.has(name)) throw new Error("gone");
      return name;
    },
    upload: async () => {
      uploads += 1;
      known.add(`f${uploads}`);
      return `f${uploads}`;
    },
    nameIn: (shown: string) => shown,
    isGone: (error: unknown) => error instanceof Error && error.message === "gone",
  };
  return { how, known, uploads: () => uploads };
}

test("a thing is uploaded once, also if it is shown many times at the same moment", async () => {
  const { how, uploads } = platform();
  const once = new UploadOnce();
  expect(await Promise.all([1, 2, 3].map(() => once.show("mug", how)))).toEqual(["f1", "f1", "f1"]);
  expect(await once.show("cup", how)).toBe("f2");
  expect(uploads()).toBe(2);
});

test("a name that is not known any more is made anew, and other trouble passes", async () => {
  const { how, known, uploads } = platform();
  const once = new UploadOnce();
  await once.show("mug", how);
  known.clear();
  expect(await once.show("mug", how)).toBe("f2");
  const trouble = { ...how, byName: () => Promise.reject(new Error("blocked")) };
  await expect(once.show("mug", trouble)).rejects.toThrow("blocked");
  expect(uploads()).toBe(2);
});

test("an upload that failed is tried again by who comes next", async () => {
  const { how, uploads } = platform();
  const once = new UploadOnce();
  const failing = { ...how, upload: () => Promise.reject(new Error("no connection")) };
  await expect(once.show("mug", failing)).rejects.toThrow("no connection");
  expect(await once.show("mug", how)).toBe("f1");
  expect(uploads()).toBe(1);
});
