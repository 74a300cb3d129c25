import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { joinList, writeHeader, writeRows } from "../src/shop/catalog/files/csv/csv-table.ts";
import { COLUMNS } from "../src/shop/catalog/files/hawker/hawker-columns.ts";

/** A word in English and Chinese. */
type Word = readonly [en: string, zh: string];
const words = (text: string): Word[] =>
  text.split(" ").map((pair) => {
    const [en = "", zh = ""] = pair.split("=");
    return [en.replaceAll("_", " "), zh];
  });

const things = words(
  "Mug=马克杯 Teapot=茶壶 Bowl=碗 Plate=盘子 Vase=花瓶 Lamp=台灯 Candle=蜡烛 Cushion=靠垫 Blanket=毛毯 Rug=地毯 Notebook=笔记本 Pen=钢笔 Calendar=日历 Poster=海报 Basket=篮子 Tray=托盘 Knife=刀 Pan=平底锅 Kettle=水壶 Towel=毛巾 Scarf=围巾 Hat=帽子 Gloves=手套 Socks=袜子 Shirt=衬衫 Sweater=毛衣 Jacket=夹克 Backpack=背包 Wallet=钱包 Belt=皮带 Watch=手表 Ring=戒指 Necklace=项链 Earrings=耳环 Soap=香皂 Shampoo=洗发水 Cream=面霜 Perfume=香水 Puzzle=拼图 Doll=娃娃 Kite=风筝 Ball=球 Tent=帐篷 Torch=手电筒 Bottle=水瓶 Headphones=耳机 Keyboard=键盘 Speaker=音箱 Charger=充电器 Cable=数据线",
);
const looks = words(
  "Dune=沙丘 Harbour=港湾 Meadow=草地 Cedar=雪松 Willow=柳树 Amber=琥珀 Slate=石板 Coral=珊瑚 Indigo=靛蓝 Moss=苔藓 Ember=余烬 Frost=霜 Linen=亚麻 Oak=橡木 Walnut=胡桃木 Bamboo=竹 Marble=大理石 Copper=铜 Velvet=天鹅绒 Birch=桦木 Lotus=莲花 Jade=玉 Pearl=珍珠 Sunrise=日出 Midnight=午夜 Lagoon=泻湖 Prairie=草原 Orchard=果园 Lantern=灯笼 Heron=苍鹭 Sparrow=麻雀 Fern=蕨 Thistle=蓟 Clover=三叶草 Sage=鼠尾草 Saffron=藏红花 Cocoa=可可 Granite=花岗岩 Aurora=极光 Comet=彗星",
);
const makes = words(
  "Handmade=手工 Organic=有机 Recycled=再生 Classic=经典 Modern=现代 Vintage=复古 Compact=小巧 Large=大号 Foldable=可折叠 Waterproof=防水 Ceramic=陶瓷 Leather=皮革 Woollen=羊毛 Cotton=棉质 Wooden=木制 Glass=玻璃 Silver=银色 Striped=条纹 Painted=彩绘 Insulated=保温",
);
const colours = words("Blue=蓝色 Green=绿色 Red=红色 Black=黑色 White=白色 Oat=燕麦色");
const sizes = words("Small=小号 Medium=中号 Large=大号");
const phrases = words(
  "made_in_small_batches=小批量制作 keeps_its_shape_for_years=多年不变形 a_gift_that_is_used_every_day=每天都用得上的礼物 washes_well_at_thirty_degrees=三十度可洗 from_a_workshop_by_the_sea=来自海边的工坊 light_enough_to_travel=轻便易携带 with_a_warm_matte_finish=温润哑光表面 no_two_pieces_are_alike=每件都独一无二 packed_without_plastic=无塑料包装 repaired_for_free_in_the_first_year=首年免费维修",
);

const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** The title, category and SKUs of the n-th product, without its rows. */
export function productAt(n: number) {
  const thing = at(things, n);
  const look = at(looks, Math.floor(n / things.length));
  const make = at(makes, Math.floor(n / (things.length * looks.length)) + n);
  const edition = Math.floor(n / (things.length * looks.length * makes.length));
  const number = edition === 0 ? "" : ` No. ${edition + 1}`;
  return {
    handle: `${make[0]}-${look[0]}-${thing[0]}-${n}`.toLowerCase(),
    title: {
      en: `${make[0]} ${look[0]} ${thing[0]}${number}`,
      zh: `${make[1]}${look[1]}${thing[1]}${number}`,
    },
    // Some shelves are far fuller than others, as in every shop.
    category: Math.floor(CATEGORIES * ((n * 0.618_033_988_75) % 1) ** 2),
    thing,
    look,
    make,
  };
}

/** How many categories a generated catalog has. */
export const CATEGORIES = 200;

/**
 * Writes a believable catalog of `count` products to a file in Hawker's format: titles and descriptions in English and
 * Chinese, every fifth with variants, no pictures. Always the same for the same count.
 */
export async function writeCatalog(path: string, count: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(writeHeader(COLUMNS));
  const PART = 500;
  for (let from = 0; from < count; from += PART) {
    const rows = Array.from({ length: Math.min(PART, count - from) }, (_, i) => rowsOf(from + i)).flat();
    if (!file.write(writeRows(COLUMNS, rows))) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

function rowsOf(n: number): ReadonlyMap<string, string>[] {
  const { handle, title, category, thing, look, make } = productAt(n);
  const text = [0, 3, 7].map((step) => at(phrases, n * 3 + step));
  const price = 3 + ((n * 7919) % 20_000) / 100;
  const whole: [string, string][] = [
    ["title_en", title.en],
    ["title_zh", title.zh],
    [
      "description_en",
      `The ${title.en}: ${text.map(([en]) => en).join(", ")}. Item ${n} of our ${make[0].toLowerCase()} range, inspired by ${look[0].toLowerCase()}.`,
    ],
    ["description_zh", `${title.zh}：${text.map(([, zh]) => zh).join("，")}。`],
    ["category", `shelf-${category}`],
    ["category_en", `${at(makes, category)[0]} ${at(things, Math.floor(category / 4))[0]}s ${category}`],
    ["category_zh", `${at(makes, category)[1]}${at(things, Math.floor(category / 4))[1]}${category}`],
    ["tags", joinList([thing[0].toLowerCase(), look[0].toLowerCase(), "gift"])],
    ["status", n % 50 === 49 ? "draft" : "active"],
  ];
  const row = (cells: [string, string][]) => new Map([["handle", handle], ...cells]);
  if (n % 5 > 0)
    return [row([...whole, ["sku", `SKU-${n}`], ["price", price.toFixed(2)], ["stock", `${n % 90}`]])];
  const options: [string, string][] = [
    ["option1_name_en", "Colour"],
    ["option1_name_zh", "颜色"],
    ["option2_name_en", "Size"],
    ["option2_name_zh", "尺寸"],
  ];
  return [0, 1, 2, 3].map((v) => {
    const colour = at(colours, n + (v >> 1));
    const size = at(sizes, v % 2);
    return row([
      ...(v === 0 ? [...whole, ...options] : []),
      ["option1_value_en", colour[0]],
      ["option1_value_zh", colour[1]],
      ["option2_value_en", size[0]],
      ["option2_value_zh", size[1]],
      ["sku", `SKU-${n}-${v}`],
      ["price", (price + v).toFixed(2)],
      ["compare_at", n % 3 === 0 ? (price + v + 5).toFixed(2) : ""],
      ["stock", `${(n + v) % 40}`],
      ["grams", `${100 + (n % 900)}`],
    ]);
  });
}
