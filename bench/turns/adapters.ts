export async function benchAdapters(..._: unknown[]) {}
