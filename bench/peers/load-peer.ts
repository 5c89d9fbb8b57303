import { NotHere } from '../case.ts'

/** Loads a package that stands in `package.json` here. The library does without, so a checkout may not have it. */
export async function loadPeer<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new NotHere(`${name} is not installed: npm run bench -- --install`, { cause: error })
  }
}
