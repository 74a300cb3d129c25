/**
 * Where a conversation takes place.
 *
 * `connection` is the bot, workspace, guild or web path that decides the shop. Addresses are made by the four functions
 * below and told apart by their `kind`; nothing is read from a field that is missing or from how an id begins.
 */
export type Address = DirectAddress | MemberAddress | ChannelAddress | HomeAddress;

interface Connected {
  readonly platform: string;
  readonly connection: string;
}
/** A person alone with the shop: what they write, and the news for them. */
export interface DirectAddress extends Connected {
  readonly kind: "direct";
  readonly user: string;
}
/** One person's conversation inside a shared channel. */
export interface MemberAddress extends Connected {
  readonly kind: "member";
  readonly channel: string;
  readonly user: string;
}
/** A shared channel itself: what everybody there sees. */
export interface ChannelAddress extends Connected {
  readonly kind: "channel";
  readonly channel: string;
}
/** A front page of a person's, such as Slack's Home tab. */
export interface HomeAddress extends Connected {
  readonly kind: "home";
  readonly user: string;
}

export const directAddress = ({ platform, connection }: Connected, user: string): DirectAddress => ({
  kind: "direct",
  platform,
  connection,
  user,
});
export const memberAddress = (
  { platform, connection }: Connected,
  channel: string,
  user: string,
): MemberAddress => ({ kind: "member", platform, connection, channel, user });
export const channelAddress = ({ platform, connection }: Connected, channel: string): ChannelAddress => ({
  kind: "channel",
  platform,
  connection,
  channel,
});
export const homeAddress = ({ platform, connection }: Connected, user: string): HomeAddress => ({
  kind: "home",
  platform,
  connection,
  user,
});

/** What the platform knows the place by: the person where they are alone with the shop, else the channel. */
export const destinationOf = (address: Address): string =>
  "channel" in address ? address.channel : address.user;

/** Whose conversation it is; a channel's own is nobody's. */
export const personAt = (address: Address): string | undefined =>
  "user" in address ? address.user : undefined;

/** The key of a conversation: one string per address, and the same in every version. */
export function conversationId(address: Address): string {
  const { platform, connection } = address;
  const place = (): string[] => {
    switch (address.kind) {
      case "direct":
        return [address.user];
      case "member":
        return [address.channel, address.user];
      case "channel":
        return [`channel:${address.channel}`];
      case "home":
        return [`home:${address.user}`];
    }
  };
  return [platform, connection, ...place()].join("/");
}

/** As versions before this one kept an address: a person's own without `user`, a front page behind "home:". */
interface EarlierAddress extends Connected {
  readonly kind?: undefined;
  readonly channel: string;
  readonly user?: string;
}
const EARLIER_HOME = "home:";

/** An address that was stored, by whatever version. */
export function readAddress(stored: Address | EarlierAddress): Address {
  if (stored.kind !== undefined) return stored;
  const { channel, user } = stored;
  if (user !== undefined) return memberAddress(stored, channel, user);
  return channel.startsWith(EARLIER_HOME)
    ? homeAddress(stored, channel.slice(EARLIER_HOME.length))
    : directAddress(stored, channel);
}
