import type { Mesh, ServiceClient } from '../mesh/mesh.ts'

/** Switches the faults of a service, if it has any. */
export interface FaultSwitch {
  enable(): void
  disable(): void
}

/** What the admin page needs of a mesh. */
export type AdminMesh = Pick<Mesh, 'snapshot' | 'plan' | 'on' | 'service'>

/** Whether a value has what the admin page needs. */
export function isAdminMesh(value: unknown): value is AdminMesh {
  const { snapshot, on, service } = (value ?? {}) as Partial<AdminMesh>
  return [snapshot, on, service].every((each) => typeof each === 'function')
}

/** Calls that went wrong or took long, newest first, if the mesh keeps them. */
export function recentOf(net: AdminMesh): readonly unknown[] | undefined {
  const { recent } = net as { recent?: () => readonly unknown[] }
  return typeof recent === 'function' ? recent.call(net) : undefined
}

/** The faults of a service, if it has any. */
export function faultsOf(client: ServiceClient): FaultSwitch | undefined {
  const { fault } = client as { fault?: Partial<FaultSwitch> }
  return typeof fault?.enable === 'function' && typeof fault.disable === 'function' ? (fault as FaultSwitch) : undefined
}
