import assert from 'node:assert/strict'
import { type TextFault, UnreadableText } from '../../../src/planfile/text-fault.ts'

/** The first fault that reading a text ends with. */
export async function faultOf(read: () => unknown): Promise<TextFault> {
  try {
    await read()
  } catch (error) {
    assert.ok(error instanceof UnreadableText, String(error))
    return error.faults[0] as TextFault
  }
  return assert.fail('it was read')
}
