import { expect, test } from "vitest";
import { addressedBody, textBody } from "../../src/platform/command.ts";

const command = (name: string, rest = "") => ({ kind: "command", name, rest });
const text = (said: string) => ({ kind: "text", text: said });

test.each([
  ["/start", command("start")],
  ["/Start  p-mug ", command("start", "p-mug")],
  ["/shop mugs\nand cups", command("shop", "mugs\nand cups")],
  ["/ not one", text("/ not one")],
  [`/${"x".repeat(33)}`, text(`/${"x".repeat(33)}`)],
  ["red mug", text("red mug")],
  ["see /start", text("see /start")],
])("%j is read as it is meant", (said, body) => {
  expect(textBody(said)).toEqual(body);
});

test.each([
  ["/cart@Shop_Bot 2", "shop_bot", command("cart", "2")],
  ["/cart@other_bot", "shop_bot", null],
  ["/cart@other_bot", undefined, command("cart")],
  ["/cart", "shop_bot", command("cart")],
  ["@SHOP_BOT mugs", "shop_bot", text("mugs")],
  ["@other_bot mugs", "shop_bot", text("@other_bot mugs")],
  ["@shop_bot mugs", undefined, text("@shop_bot mugs")],
])("%j said to %s", (said, bot, body) => {
  expect(addressedBody(said, bot)).toEqual(body);
});
