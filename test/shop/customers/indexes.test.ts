import mongoose from "mongoose";
import { afterEach, expect, test } from "vitest";
import { unlink } from "../../../src/shop/accounts/customer-link.ts";
import { eraseCustomer, eraseDue, eraseWhenDone, keepCustomer } from "../../../src/shop/accounts/erase.ts";
import { exportCustomer } from "../../../src/shop/accounts/privacy.ts";
import { getCustomer, removeAddress, saveAddress } from "../../../src/shop/customers/customer.ts";
import { listOrders } from "../../../src/shop/orders/find-order.ts";
import { outside } from "../../setup/database.ts";
import { address, useStore, World } from "../orders/world.ts";
import { anAccount, links } from "./accounts.ts";

useStore();
afterEach(() => {
  mongoose.set("debug", false);
});

const looking = /^(find|findOne|findOneAndUpdate|countDocuments|(update|delete)(One|Many)|replaceOne)$/;

// Other servers plan small collections as they like.
test.skipIf(outside)(
  "no query of linking, exporting and erasing reads a collection from end to end",
  async () => {
    const world = await World.create();
    const asked = new Map<string, { collection: string; filter: mongoose.mongo.Document; sort: unknown }>();
    mongoose.set("debug", (collection: string, method: string, filter: unknown, ...more: unknown[]) => {
      if (!looking.test(method) || typeof filter !== "object" || filter === null) return;
      const options = Object.assign({}, ...more.filter((one) => typeof one === "object"));
      const shape = JSON.stringify([collection, method, filter, options.sort]).replace(
        /"[^"]*"(?!:)|\d+/g,
        "?",
      );
      asked.set(`${collection}.${method} ${shape}`, { collection, filter, sort: options.sort });
    });
    const [ada, web, old] = [await anAccount("house"), await anAccount("house"), await anAccount("house")];
    await links("house", ada, web);
    await links("house", old, ada);
    await saveAddress("house", ada.id, address);
    const { family, addresses } = await web.customer();
    await removeAddress("house", ada.id, addresses[0]!.id);
    await world.commerce.placeOrder(await world.draft({ MUG: 1 }, ada.id));
    await listOrders("house", family);
    await exportCustomer("house", ada.id);
    await unlink("house", old.id);
    const later = await anAccount("house");
    await eraseWhenDone("house", later.id);
    await keepCustomer("house", [later.id]);
    await eraseCustomer("house", later.id);
    await eraseWhenDone("house", ada.id, world.clock.now());
    await eraseDue(world.clock.now());
    await getCustomer("house", web.id);
    mongoose.set("debug", false);
    expect(asked.size).toBeGreaterThan(25);
    const scans: string[] = [];
    for (const [shape, { collection, filter, sort }] of asked) {
      const cursor = mongoose.connection.collection(collection).find(filter);
      const told = await (sort ? cursor.sort(sort as mongoose.mongo.Sort) : cursor).explain("queryPlanner");
      if (JSON.stringify(told).includes("COLLSCAN")) scans.push(shape);
    }
    expect(scans).toEqual([]);
  },
);
