export interface Costs { readonly tables: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[] }
export async function measureCosts(_f: unknown, _q: boolean, _s: unknown): Promise<Costs> { return { tables: [] } }
