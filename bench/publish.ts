export function publish(_r: unknown): void {}
