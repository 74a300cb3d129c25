/** A time that runs faster than the wall's, shared by the processes of a test. */
export interface ClockSetting {
  /** The wall's time at which it started, in milliseconds since 1970. */
  readonly from: number;
  /** How many times faster than the wall's it runs. */
  readonly speed: number;
  /** By how much it was put forward so far, in milliseconds. */
  readonly ahead: number;
}

/** What such a clock shows, in milliseconds since 1970, at a time of the wall's. */
export const shows = ({ from, speed, ahead }: ClockSetting, wall: number): number =>
  Math.round(from + ahead + (wall - from) * speed);

/** The clock of a test's world. Every process of it is given the setting, so all read the same time. */
export class FastClock {
  #setting: ClockSetting;
  constructor(speed: number) {
    this.#setting = { from: Date.now(), speed, ahead: 0 };
  }
  get setting(): ClockSetting {
    return this.#setting;
  }
  readonly now = (): Date => new Date(shows(this.#setting, Date.now()));
  /** Puts the clock forward. */
  forward(ms: number): void {
    this.#setting = { ...this.#setting, ahead: this.#setting.ahead + ms };
  }
}

/**
 * Lets this process live by a fast clock: `Date` shows it, and global timers go off by it. Node's own timers (sockets,
 * the driver's time limits) stay with the wall. Answers how the clock is set anew.
 */
export function liveBy(setting: ClockSetting): (setting: ClockSetting) => void {
  let current = setting;
  const wall = Date.now;
  const now = () => shows(current, wall());
  globalThis.Date = new Proxy(Date, {
    construct: (RealDate, given: [], target) =>
      given.length === 0 ? new RealDate(now()) : Reflect.construct(RealDate, given, target),
    get: (RealDate, name) => (name === "now" ? now : Reflect.get(RealDate, name)),
  });
  globalThis.setTimeout = faster(globalThis.setTimeout, setting.speed);
  globalThis.setInterval = faster(globalThis.setInterval, setting.speed);
  return (next) => {
    current = next;
  };
}

/** A timer function whose delays are divided by `speed`. */
const faster = <Timer extends typeof setTimeout | typeof setInterval>(timer: Timer, speed: number): Timer =>
  new Proxy(timer, {
    apply: (real, self, [act, delay, ...rest]: unknown[]) =>
      Reflect.apply(real, self, [act, typeof delay === "number" ? delay / speed : delay, ...rest]),
  });
