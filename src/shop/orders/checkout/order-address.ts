import { open, seal } from "../../../store/secret-box.ts";
import type { Address } from "../../customers/addresses/address.ts";
import type { Order } from "../order.ts";

const addressPlace = (order: string) => ({ collection: "orders", field: "address", id: order });

/** Where the order goes, or null while nobody has said. */
export const addressOf = (order: Order): Address | null =>
  order.address === undefined ? null : (JSON.parse(open(order.address, addressPlace(order._id))) as Address);

/** Seals an address for this order. */
export const sealAddress = (order: string, address: Address): string =>
  seal(JSON.stringify(address), addressPlace(order));
