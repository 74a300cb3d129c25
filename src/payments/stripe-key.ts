/** Whether a secret key of Stripe's, whole or restricted, takes real money; test keys do not. */
export const isLiveKey = (key: string | undefined): boolean => /^[sr]k_live_/.test(key ?? "");
