import type { EventEmitter } from "node:events";

/** Waits until `find` answers something, looking now and after every "change". Rejects with the complaint when time is up. */
export function untilFound<T>(
  events: EventEmitter,
  find: () => T | undefined | false | null,
  timeoutMs: number,
  complaint: () => string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      events.off("change", look);
      act();
    };
    const look = () => {
      const found = find();
      if (found !== undefined && found !== false && found !== null) settle(() => resolve(found));
    };
    const timer = setTimeout(() => settle(() => reject(new Error(complaint()))), timeoutMs);
    events.on("change", look);
    look();
  });
}
