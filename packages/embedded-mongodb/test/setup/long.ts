/** True when the run has all the time it wants: `npm run test:long`. */
export const long = !!process.env.LONG_TESTS;

/** How often a randomised test repeats: `few` in the everyday run, `many` in the long one. */
export const times = (few: number, many: number): number => (long ? many : few);
